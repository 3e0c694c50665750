# s3fs as a client: mounts a bucket with the bundle's script for that, does one thing, unmounts.
#   sh with_s3fs.sh VERB WORD...
set -eu
verb=$1
case $verb in
version) exec s3fs --version ;;
put) bucket=$3 ;;
*) bucket=$2 ;;
esac
place=$(mktemp -d /srv/mounted.XXXXXX)
sh "$HOME/s3fs-mount.sh" "$bucket" "$place"
unmount() {
    umount "$place"
    # what was written is on its way until the process is gone
    while pgrep -f "^s3fs $bucket $place" >/dev/null; do sleep 0.05; done
    rmdir "$place"
}
trap unmount EXIT
case $verb in
put)
    mkdir -p "$(dirname "$place/$4")"
    cp "$2" "$place/$4"
    ;;
get) cp "$place/$3" "$4" ;;
objects) (cd "$place" && find . -type f | sed 's|^\./||') ;;
delete) rm "$place/$3" ;;
esac
