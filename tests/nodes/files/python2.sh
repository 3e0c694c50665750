#!/bin/sh
# Install services that run on Python 2.7, which Debian has no pip for any more.
#
#   python2.sh REQUIREMENTS TOOLS    run by image.sh in the image
#
# REQUIREMENTS has a hash for every file. TOOLS is a folder with pip and what else it takes to
# build packages, which does not count as installed; nothing is fetched for that.
set -eu
PYTHONPATH=$2 python2.7 -m pip --no-cache-dir --disable-pip-version-check \
    --no-python-version-warning --cert "$CERTIFICATES" \
    install --ignore-installed --no-deps --no-build-isolation --require-hashes --requirement "$1"
