#!/bin/sh
# Spare the machine's Python services what nobody needs here, and what would be most of what they
# do: they start by the hundred.
#
#   quick.sh MODULE...    run by image.sh in the image, with the modules of this folder
set -eu
cd "${1%/*}"
cp pkg_resources.py later.py /usr/local/lib/python3.11/dist-packages
cp known.py /usr/lib/python3.11/re/_known.py
cd /usr/lib/python3/dist-packages
# Packages that lie in one folder are found there without being told of at each start.
rm ./*-nspkg.pth

# spare EXPRESSION MODULE...: changes each of them by sed, and fails where there is nothing to change
spare() {
    expression=$1
    shift
    for module; do
        sed "$expression" "$module.py" >/tmp/spared
        if cmp -s /tmp/spared "$module.py"; then
            echo "$module.py holds nothing of $expression" >&2
            exit 1
        fi
        cat /tmp/spared >"$module.py"
        python3 -m compileall -q "$module.py"
    done
}
# Who waits for workers asks a hundred times a second whether they still live.
spare 's/greenthread.sleep(0.01)/greenthread.sleep(0.2)/' eventlet/green/os
# Keystone makes the schemas of SAML at each start, which takes half of it; nobody here has SAML.
spare 's/return _XMLSchema(source, \*\*kwargs)/return None/' saml2/xml/schema/__init__
# Profilers' drivers are loaded by all; nothing is profiled.
spare 's/^from osprofiler.drivers import [^b].*//' osprofiler/drivers/__init__
spare 's/^    import osprofiler.web as .*/    raise ImportError/' keystoneauth1/session
# Who has sockets loads another library of TLS, to know its errors when they come.
spare 's/^    from OpenSSL import SSL$/    raise ImportError/' eventlet/greenio/base
# Who tells the time reads the beginning of each time zone's file.
spare 's/zoneinfo.available_timezones()/{"UTC"}/' pytz/__init__
# Expressions for what is rarely looked at are compiled when that comes.
spare "s/re\.compile(pattern % {'key': key}, re\.DOTALL | re\.IGNORECASE)/'(?si)' + pattern % {'key': key}/" \
    oslo_utils/strutils
# Locks that are older than eventlet are looked for among all objects; there is one thread.
spare 's/^        _green_existing_locks()$/        pass/' eventlet/patcher
# Two libraries guess encodings of which nothing tells; one does, when it is asked.
spare 's/^    import chardet$/    from later import chardet/' requests/compat requests/packages
spare 's/^    from charset_normalizer import .*/    raise ImportError/
    s/^    from chardet import .*/    chardet_version = "5.1.0"/' requests/__init__
# What tells a package's version is a library by itself.
spare '/^import pbr.version$/d; s/^__version__ = .*/__version__ = "0"/' \
    keystoneauth1/__init__ keystoneclient/__init__ os_service_types/__init__
spare "s/pbr.version.VersionInfo('keystonemiddleware').version_string()/'0'/" \
    keystonemiddleware/_common/config
# A client of Keystone's keeps passwords in no store here, and knows no OAuth.
spare "s/importlib_metadata.version('keyring')/importlib_metadata.version('none')/" \
    keystoneclient/httpclient
spare 's/^    from oauthlib import oauth1$/    raise ImportError/' \
    keystoneclient/v3/contrib/oauth1/access_tokens \
    keystoneclient/v3/contrib/oauth1/request_tokens keystoneclient/v3/contrib/oauth1/auth
# Proxies log by Python's own means.
spare 's/^from oslo_log import log as logging$/import logging/' \
    keystonemiddleware/auth_token/__init__ keystonemiddleware/_common/config
spare 's/^from oslo_log import log$/import logging as log/' oslo_cache/core
# The C library's name is asked for of another program, twice.
spare "s/\(ctypes\.util\.\)\?find_library('c')/'libc.so.6'/" \
    swift/common/utils swift/common/linkat
# What a package offers is read for each of the filters in a pipeline, three times.
spare 's/importlib_metadata\.distribution(self\.spec)/distribution(self.spec)/
    s/in dist\.entry_points:/in entry_points(dist):/
    s/^import os$/import functools\n&/
    s/^__all__ = .*/&\n\ndistribution = functools.cache(importlib_metadata.distribution)\
entry_points = functools.cache(lambda dist: dist.entry_points)/' paste/deploy/loadwsgi

rm /tmp/spared

# A resolver and a setuptools that they do not need, garbage looked for where there is none, and
# what all packages offer, looked up by each service.
mkdir -p /etc/systemd/system.conf.d
install -d -m 1777 /var/spool/python /var/spool/python/python-entrypoints
cat >/etc/systemd/system.conf.d/quick.conf <<END
[Manager]
DefaultEnvironment=EVENTLET_NO_GREENDNS=yes SETUPTOOLS_USE_DISTUTILS=stdlib XDG_CACHE_HOME=/var/spool/python
END
cat >/etc/python3.11/sitecustomize.py <<END
import atexit, gc
gc.set_threshold(1_000_000)
atexit.register(gc.freeze)
END

# The services' expressions are compiled once, here.
echo 'from re._known import compile' >>/usr/lib/python3.11/re/_compiler.py
python3 - <<'END'
import importlib
import importlib.metadata
from contextlib import suppress
from re import _known

for entry in importlib.metadata.distribution("swift").entry_points:
    with suppress(ImportError):  # it may be of a package that is not installed
        entry.load()
for name in (
    *("keystonemiddleware.auth_token", "keystone.server.wsgi", "keystone.cmd.manage"),
    *("swift.common.middleware.s3api.s3api", "swift.common.middleware.s3api.s3token"),
    *("swift.common.wsgi", "pymysql", "memcache", "email.message"),
):
    importlib.import_module(name)
_known.keep()
END
python3 -m compileall -q /usr/lib/python3.11/re /usr/local/lib/python3.11/dist-packages
