# Make a machine that has the image of Pike's services a cloud by itself: Keystone's database,
# Swift's rings, the services' files and units, as an operator had them who installed with pip.
#
# Runs on the machine as root. On stdin: its address, and in the second line the passwords of
# admin and swift.
set -eu
read -r address
read -r admin_password swift_password

for user in keystone swift; do
    useradd --system --home-dir "/var/lib/$user" --create-home "$user"
done

# Keystone: v2.0 and v3 on port 5000, and on 35357 with what v2.0 leaves to administrators.
install -d -o keystone -g keystone -m 750 /etc/keystone
cat >/etc/keystone/keystone.conf <<END
[database]
connection = sqlite:////var/lib/keystone/keystone.db

[token]
provider = fernet

[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = 127.0.0.1:11211

# Nobody attacks these passwords.
[identity]
password_hash_rounds = 4
END
# What goes before each of its applications; the package from PyPI has no such file.
before='cors sizelimit http_proxy_to_wsgi url_normalize request_id build_auth_context token_auth json_body'
cat >/etc/keystone/keystone-paste.ini <<END
[composite:main]
use = egg:Paste#urlmap
/v2.0 = public_api
/v3 = api_v3
/ = public_versions

[composite:admin]
use = egg:Paste#urlmap
/v2.0 = admin_api
/v3 = api_v3
/ = admin_versions

[pipeline:public_api]
pipeline = $before ec2_extension public_service

[pipeline:admin_api]
pipeline = $before ec2_extension s3_extension admin_service

[pipeline:api_v3]
pipeline = $before ec2_extension_v3 s3_extension service_v3

[pipeline:public_versions]
pipeline = cors sizelimit http_proxy_to_wsgi url_normalize public_version_service

[pipeline:admin_versions]
pipeline = cors sizelimit http_proxy_to_wsgi url_normalize admin_version_service

[filter:cors]
use = egg:keystone#cors
oslo_config_project = keystone
END
for kind in public admin; do
    for app in service version_service; do
        printf '\n[app:%s]\nuse = egg:keystone#%s\n' "${kind}_$app" "${kind}_$app"
    done
done >>/etc/keystone/keystone-paste.ini
for filter in sizelimit http_proxy_to_wsgi url_normalize request_id build_auth_context token_auth \
    json_body ec2_extension ec2_extension_v3 s3_extension; do
    printf '\n[filter:%s]\nuse = egg:keystone#%s\n' $filter $filter
done >>/etc/keystone/keystone-paste.ini
printf '\n[app:service_v3]\nuse = egg:keystone#service_v3\n' >>/etc/keystone/keystone-paste.ini
chown -R keystone:keystone /etc/keystone
chmod 640 /etc/keystone/*

# SQLite since 3.26 has a renamed table's references follow it, which these migrations do not
# expect. Two processes write to the database, so none may lock the other out of reading.
manage='
from sqlalchemy import event
from sqlalchemy.engine import Engine

def prepare(connection, record):
    connection.execute("PRAGMA legacy_alter_table=ON")
    connection.execute("PRAGMA journal_mode=WAL")

event.listen(Engine, "connect", prepare)
from keystone.cmd.manage import main
main()
'
as_keystone() { runuser -u keystone -- "$@"; }
as_keystone keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone
as_keystone keystone-manage credential_setup --keystone-user keystone --keystone-group keystone
as_keystone python2.7 -c "$manage" db_sync
OS_BOOTSTRAP_PASSWORD=$admin_password as_keystone keystone-manage bootstrap \
    --bootstrap-admin-url "http://$address:35357/v2.0" \
    --bootstrap-public-url "http://$address:5000/v2.0" \
    --bootstrap-internal-url "http://$address:5000/v2.0" --bootstrap-region-id RegionOne

# Swift: one device, one replica; see seed.sh for the storage servers' workers.
install -d /etc/swift
cd /etc/swift
cat >swift.conf <<END
[swift-hash]
swift_hash_path_suffix = suffix-of-the-test-hosts
swift_hash_path_prefix = prefix-of-the-test-hosts
END
for server in account:6202 container:6201 object:6200; do
    kind=${server%:*}
    swift-ring-builder "$kind.builder" create 6 1 0 >/dev/null
    swift-ring-builder "$kind.builder" add "r1z1-$address:${server#*:}/disk" 1 >/dev/null
    swift-ring-builder "$kind.builder" rebalance >/dev/null
    cat >"$kind-server.conf" <<END
[DEFAULT]
bind_ip = 0.0.0.0
bind_port = ${server#*:}
workers = 0
user = swift
devices = /srv/node
mount_check = false

[pipeline:main]
pipeline = $kind-server

[app:$kind-server]
use = egg:swift#$kind
END
done
cat >proxy-server.conf <<END
[DEFAULT]
bind_ip = 0.0.0.0
bind_port = 8080
workers = 2
user = swift

[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache container_sync bulk tempurl ratelimit authtoken keystoneauth copy container-quotas account-quotas slo dlo versioned_writes proxy-logging proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
auth_uri = http://$address:5000
auth_url = http://$address:35357
auth_type = password
project_domain_id = default
user_domain_id = default
project_name = service
username = swift
password = $swift_password
cache = swift.cache
include_service_catalog = False
delay_auth_decision = True

[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, member

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:11211
END
for filter in catch_errors gatekeeper healthcheck proxy-logging:proxy_logging container_sync bulk \
    tempurl ratelimit copy container-quotas:container_quotas account-quotas:account_quotas slo dlo \
    versioned_writes; do
    printf '\n[filter:%s]\nuse = egg:swift#%s\n' "${filter%:*}" "${filter#*:}"
done >>proxy-server.conf
install -d -o swift -g swift /srv/node /srv/node/disk /var/cache/swift
chown root:swift ./*.conf
chmod 640 ./*.conf

# unit NAME USER COMMAND...
unit() {
    name=$1 user=$2
    shift 2
    cat >"/lib/systemd/system/$name.service" <<END
[Unit]
Description=$name, installed with pip
After=network.target memcached.service

[Service]
User=$user
Environment=EVENTLET_NO_GREENDNS=yes
ExecStart=$*
Restart=on-failure

[Install]
WantedBy=multi-user.target
END
}
unit keystone-public keystone /usr/local/bin/keystone-wsgi-public --port 5000
unit keystone-admin keystone /usr/local/bin/keystone-wsgi-admin --port 35357
for kind in proxy account container object; do
    unit "swift-$kind" swift "/usr/local/bin/swift-$kind-server /etc/swift/$kind-server.conf"
done
systemctl daemon-reload
