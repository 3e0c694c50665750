# Make a machine that has the image one of a cloud: Keystone's database, Swift's rings, and
# the services' files as an operator would have them before setup-tool comes.
#
# Runs on the machine as root. On stdin: KEYSTONE STORAGE, the VIP's URL of Keystone and the
# address of the storage server, and in the second line the passwords of admin and swift.
set -eu
read -r keystone storage
read -r admin_password swift_password database_password

# The cloud's authority and one other: all of Debian's are read for each connection of each
# service, which takes longer than what is asked there.
sed -i '/ISRG_Root_X1/!s/^[^#!]/!&/' /etc/ca-certificates.conf
update-ca-certificates --fresh >/dev/null 2>&1

systemctl start mariadb
mariadb <<END
CREATE DATABASE keystone CHARACTER SET utf8;
GRANT ALL ON keystone.* TO 'keystone'@'%' IDENTIFIED BY '$database_password';
END

# Keystone: one process, since each loads the whole of it. It is behind a balancer that ends
# TLS, and links in its answers have to say so.
sed -i "s|^#\?connection = .*|connection = mysql+pymysql://keystone:$database_password@$storage/keystone|
    s/^#\?enable_proxy_headers_parsing = .*/enable_proxy_headers_parsing = true/" \
    /etc/keystone/keystone.conf
# Nobody attacks these passwords, and each new worker of each proxy logs in twice.
sed -i "s/^#\?password_hash_rounds = .*/password_hash_rounds = 4/
    s/^\[cache]$/&\nenabled = true\nbackend = dogpile.cache.memcached\nmemcache_servers = $storage:11211/" \
    /etc/keystone/keystone.conf
sed -i 's/^processes = .*/processes = 1/; s/^threads = .*/threads = 8/' \
    /etc/keystone/keystone-uwsgi.ini
chown -R keystone:keystone /var/lib/keystone /var/log/keystone /etc/keystone
as_keystone() { runuser -u keystone -- "$@"; }
as_keystone keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone
as_keystone keystone-manage credential_setup --keystone-user keystone --keystone-group keystone
as_keystone keystone-manage db_sync
OS_BOOTSTRAP_PASSWORD=$admin_password as_keystone keystone-manage bootstrap \
    --bootstrap-admin-url "$keystone/v3" --bootstrap-public-url "$keystone/v3" \
    --bootstrap-internal-url "$keystone/v3" --bootstrap-region-id RegionOne

# Swift's storage: one device, one replica, and one process for each server.
cd /etc/swift
sed -i 's/^swift_hash_path_suffix.*/swift_hash_path_suffix = suffix-of-the-test-hosts/
    s/^swift_hash_path_prefix.*/swift_hash_path_prefix = prefix-of-the-test-hosts/' swift.conf
for server in account:6202 container:6201 object:6200; do
    kind=${server%:*}
    swift-ring-builder "$kind.builder" create 6 1 0 >/dev/null
    swift-ring-builder "$kind.builder" add "r1z1-$storage:${server#*:}/disk" 1 >/dev/null
    swift-ring-builder "$kind.builder" rebalance >/dev/null
    sed -i '/^\[DEFAULT\]/a bind_ip = 0.0.0.0\ndevices = /srv/node\nmount_check = false\nworkers = 0' \
        "$kind-server.conf"
done
install -d -o swift -g swift /srv/node /srv/node/disk
sed -i "s/^-l 127.0.0.1/-l $storage/" /etc/memcached.conf

# The proxies, as Debian's file and its comments tell an operator to set up Keystone.
sed -i "s/^workers = .*/workers = 1/
    s/ ratelimit tempauth copy / ratelimit authtoken keystoneauth copy /
    s|^# disable_path =.*|disable_path = /etc/swift/maintenance|
    s/^# account_autocreate = .*/account_autocreate = true/
    s/^# memcache_servers = .*/memcache_servers = $storage:11211/" proxy-server.conf
cat >>proxy-server.conf <<END

[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = $keystone
auth_url = $keystone
auth_type = password
project_domain_id = default
user_domain_id = default
project_name = service
username = swift
password = $swift_password
cache = swift.cache
include_service_catalog = False

[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, member
END
chown root:swift ./*.conf
chmod 640 ./*.conf
