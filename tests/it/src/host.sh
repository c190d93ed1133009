# A computer of its own over the files of this one: mounts and processes that nobody else sees, and that end with it.
# $1: an empty directory; what is installed lies in $1/programs.
set -e
umask 022
mount -t tmpfs -o mode=755 tmpfs "$1/over"
mkdir "$1/over/changed" "$1/over/work" "$1/over/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/over/changed,workdir=$1/over/work" overlay "$1/over/root"
root=$1/over/root
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --bind /dev "$root/dev"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx"
# What this computer may have of its own.
rm -rf "$root/var/lib/firmament" "$root/var/cache/firmament" "$root/etc/firmament" "$root/etc/himmelblau"
mkdir -p "$root/run/sshd" "$root/run/firmament" "$root/etc/himmelblau"
# Whoever reads this looks for our root, which has to be the new one by then.
exec chroot "$root" sh -c 'echo ready; exec sleep infinity'
