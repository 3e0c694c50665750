# Make a machine that has the image and nova's layer a cloud by itself, as far as its services'
# files and databases go: Keystone, glance, placement, neutron, cinder and nova, whose instances
# are only said to run.
#
# Runs on the machine as root. On stdin: its address, then a password a line behind whose it is:
# admin, database, messages, and each service.
set -eu
read -r address
while read -r whose password; do
    eval "${whose}_password=\$password"
done
password_of() { eval "echo \"\$${1}_password\""; }

# RabbitMQ looks its own name up, for minutes where nobody knows it.
cat >/etc/hosts <<END
127.0.0.1 localhost
$address $(hostname)
END

# Nothing here has to survive the machine below.
cat >/etc/mysql/mariadb.conf.d/91-quick.cnf <<END
[mysqld]
innodb_flush_method = nosync
innodb_doublewrite = 0
END
# One scheduler of Erlang's is enough.
echo 'SERVER_ADDITIONAL_ERL_ARGS="+S 1:1"' \
    >>/etc/rabbitmq/rabbitmq-env.conf
systemctl start mariadb rabbitmq-server memcached
rabbitmqctl -q add_user openstack "$messages_password"
rabbitmqctl -q set_permissions openstack '.*' '.*' '.*'
for database in keystone glance placement neutron cinder nova nova_api nova_cell0; do
    user=${database%%_*}
    cat <<END
CREATE DATABASE $database CHARACTER SET utf8;
GRANT ALL ON $database.* TO '$user'@'%' IDENTIFIED BY '$database_password';
END
done | mariadb

database() { echo "connection = mysql+pymysql://${1%%_*}:$database_password@127.0.0.1/$1"; }
messages="transport_url = rabbit://openstack:$messages_password@127.0.0.1:5672/"
# A service that uwsgi runs sends no heartbeats while nobody asks it, and is cut off for that.
unasked='[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 0'

# login SERVICE: where it asks about tokens, or gets one
login() {
    cat <<END
auth_type = password
auth_url = http://$address:5000
project_domain_id = default
user_domain_id = default
project_name = service
username = $1
password = $(password_of "$1")
END
}
validates() {
    cat <<END
[keystone_authtoken]
www_authenticate_uri = http://$address:5000
memcached_servers = 127.0.0.1:11211
$(login "$1")
END
}

sed -i "s|^#\?connection = .*|$(database keystone)|
    s/^#\?password_hash_rounds = .*/password_hash_rounds = 4/
    s/^\[cache]$/&\nenabled = true\nbackend = dogpile.cache.memcached\nmemcache_servers = 127.0.0.1:11211/" \
    /etc/keystone/keystone.conf
chown -R keystone:keystone /var/lib/keystone /var/log/keystone /etc/keystone

cat >/etc/glance/glance-api.conf <<END
[DEFAULT]
enabled_backends = files:file
workers = 1
[database]
$(database glance)
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = /var/lib/glance/images/
[paste_deploy]
flavor = keystone
$(validates glance)
END

cat >/etc/placement/placement.conf <<END
[placement_database]
$(database placement)
$(validates placement)
END

cat >/etc/neutron/neutron.conf <<END
[DEFAULT]
core_plugin = ml2
service_plugins = router
# there are no agents to tell, and nova does not wait to be told
transport_url = fake:/
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
[database]
$(database neutron)
[oslo_concurrency]
lock_path = /var/lock/neutron
$(validates neutron)
END
cat >/etc/neutron/plugins/ml2/ml2_conf.ini <<END
[ml2]
type_drivers = local
tenant_network_types = local
mechanism_drivers = agentless
extension_drivers = port_security
END
# An instance that is only said to run needs no agent for its ports.
python=/usr/lib/python3/dist-packages
cat >$python/agentless.py <<END
from neutron_lib.plugins.ml2 import api


class Agentless(api.MechanismDriver):
    """Says of each port that it is bound."""

    connectivity = "l2"

    def initialize(self):
        pass

    def bind_port(self, context):
        segment = context.segments_to_bind[0][api.ID]
        context.set_binding(segment, "bridge", {"port_filter": False}, status="ACTIVE")
END
mkdir $python/agentless-1.dist-info
printf 'Metadata-Version: 2.1\nName: agentless\nVersion: 1\n' >$python/agentless-1.dist-info/METADATA
printf '[neutron.ml2.mechanism_drivers]\nagentless = agentless:Agentless\n' \
    >$python/agentless-1.dist-info/entry_points.txt

cat >/etc/cinder/cinder.conf <<END
[DEFAULT]
$messages
state_path = /var/lib/cinder
$unasked
[database]
$(database cinder)
[oslo_concurrency]
lock_path = /var/lock/cinder
$(validates cinder)
END

cat >/etc/nova/nova.conf <<END
[DEFAULT]
my_ip = $address
state_path = /var/lib/nova
$messages
enabled_apis = osapi_compute,metadata
# no hypervisor tells of these ports
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
$unasked
[api_database]
$(database nova_api)
[database]
$(database nova)
[conductor]
workers = 1
[scheduler]
workers = 1
[quota]
instances = 3
[glance]
api_servers = http://$address:9292
[oslo_concurrency]
lock_path = /var/lock/nova
[placement]
$(login placement)
region_name = RegionOne
[neutron]
$(login neutron)
region_name = RegionOne
[cinder]
os_region_name = RegionOne
$(validates nova)
END
printf '[DEFAULT]\ncompute_driver = fake.FakeDriver\n' >/etc/nova/nova-compute.conf

# One process each, since each loads the whole of its service.
sed -i 's/^processes = .*/processes = 1/' /etc/keystone/keystone-uwsgi.ini /etc/*/*-api-uwsgi.ini
sed -i 's/^threads = .*/threads = 8/' /etc/keystone/keystone-uwsgi.ini
# Threads of uwsgi and those of eventlet in one process lose connections of each other's, and then
# wait for answers for good.
sed -i 's/^threads = .*/threads = 1/' /etc/cinder/*-uwsgi.ini /etc/neutron/*-uwsgi.ini \
    /etc/placement/*-uwsgi.ini
# uwsgi ends a connection after an answer. The files of the other services have it say so; whoever
# asks nova or Keystone twice on one connection is now and then cut off.
for file in /etc/keystone/keystone-uwsgi.ini /etc/nova/nova-api-uwsgi.ini; do
    sed -i 's/^\[uwsgi]$/&\nadd-header = Connection: close/' $file
done
for service in glance placement neutron cinder nova; do
    chown "root:$service" /etc/$service/*.conf
    chmod 640 /etc/$service/*.conf
done
chown root:neutron /etc/neutron/plugins/ml2/ml2_conf.ini

as() { runuser -u "$@"; }
keystone() {
    as keystone -- keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone
    as keystone -- keystone-manage credential_setup --keystone-user keystone \
        --keystone-group keystone
    as keystone -- keystone-manage db_sync
    OS_BOOTSTRAP_PASSWORD=$admin_password as keystone -- keystone-manage bootstrap \
        --bootstrap-admin-url "http://$address:5000/v3" \
        --bootstrap-public-url "http://$address:5000/v3" \
        --bootstrap-internal-url "http://$address:5000/v3" --bootstrap-region-id RegionOne
}
nova() {
    as nova -- nova-manage api_db sync
    as nova -- nova-manage cell_v2 map_cell0
    as nova -- nova-manage cell_v2 create_cell --name=cell1
    as nova -- nova-manage db sync
}
neutron() {
    as neutron -- neutron-db-manage --config-file /etc/neutron/neutron.conf \
        --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade head
}
others() {
    as placement -- placement-manage db sync
    as glance -- glance-manage db_sync
    as cinder -- cinder-manage db sync
}
# Side by side: each waits for the database half of its time.
made=
for part in keystone nova neutron others; do
    (set -e; $part) &
    made="$made $!"
done
for part in $made; do
    wait "$part"
done

# What an operator's controller has, too: a package repository that it knows.
echo 'deb [trusted=yes] copy:/srv/repository ./' >/etc/apt/sources.list
apt-get -q update
