#!/bin/bash
# booted.sh DIR UNITS PROGRAMS: systemd as the first process of namespaces of its own, over the running root as an overlay,
# with the units, their user and the programs in it, and a state that a dynamic user left; 150 callers while the service
# is killed, restarted and stopped, then one that hangs. Prints one "word value" a line; nothing outside DIR changes.
set -eu
dir=$1 units=$2 programs=$3
mount -t tmpfs -o size=1g none "$dir"
trap '[ -f "$dir/pid" ] && kill -9 "$(cat "$dir/pid")"; sleep 0.2; umount -l "$dir/root" 2>/dev/null; umount -l "$dir"' EXIT
mkdir "$dir/up" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" "$dir/root"
etc=$dir/root/etc
for unit in systemd-udevd systemd-networkd systemd-resolved systemd-timesyncd getty@tty1 console-getty serial-getty@ttyS0 ssh docker containerd cron; do
  ln -sf /dev/null "$etc/systemd/system/$unit.service"
done
ln -sf /lib/systemd/system/multi-user.target "$etc/systemd/system/default.target"
install "$programs/firmamentd" "$dir/root/usr/sbin/"; install "$programs/aad-tool" "$dir/root/usr/bin/"
cp "$units"/firmamentd.service "$units"/firmamentd.socket "$units"/firmament-names.* "$units"/firmament-join.service \
  "$etc/systemd/system/"
# As whoever boots a container or a virtual machine hands it over.
mkdir -m 700 "$dir/root/credentials"; (umask 077; printf 'a refresh token' > "$dir/root/credentials/firmament.join-token")
mkdir -p "$etc/systemd/system/firmamentd.service.d" "$etc/himmelblau"
# A file system without access lists gives no credential to a service with another user.
printf '[Service]\nLoadCredentialEncrypted=\nWatchdogSec=4\n' > "$etc/systemd/system/firmamentd.service.d/test.conf"
printf '[global]\ndomain = contoso.com\nhsm_type = soft\n' > "$etc/himmelblau/himmelblau.conf"
install -m 644 "$units/../sysusers.d/firmament.conf" "$dir/root/usr/lib/sysusers.d/"
install -m 644 "$units/../tmpfiles.d/firmament.conf" "$dir/root/usr/lib/tmpfiles.d/"
# As a unit with DynamicUser= leaves it, whatever this machine has.
rm -rf "$dir/root/var/lib/firmament" "$dir/root/var/lib/private/firmament" "$dir/root/var/cache/firmament"
state=$dir/root/var/lib/private/firmament
mkdir -p -m 700 "$dir/root/var/lib/private"; mkdir -m 700 "$state"; echo kept > "$state/left"; chmod 600 "$state/left"
chown -R 64000:64000 "$state"; ln -s private/firmament "$dir/root/var/lib/firmament"
unshare --pid --mount --uts --ipc --net --cgroup --fork --propagation private bash -c '
  root=$1; mount --bind "$root" "$root"; cd "$root"
  mount -t proc proc proc; mount -t sysfs sysfs sys 2>/dev/null || mount --rbind /sys sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup; mount -t tmpfs -o mode=755 tmpfs run; mount -t tmpfs tmpfs tmp; mount -t tmpfs -o mode=755 tmpfs dev
  for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
  mkdir dev/pts dev/shm; mount -t devpts -o newinstance,ptmxmode=0666,gid=5 devpts dev/pts; ln -s pts/ptmx dev/ptmx
  mount -t tmpfs tmpfs dev/shm; ln -s /proc/self/fd dev/fd; touch dev/console; ip link set lo up 2>/dev/null
  pivot_root . mnt; cd /; umount -l /mnt
  # As it is on a machine: what systemd mounts for a service is seen by the service.
  mount --make-rshared /
  exec env -i container=other CREDENTIALS_DIRECTORY=/credentials PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=journal --log-level=warning < /dev/null > /dev/null 2>&1
' _ "$dir/root" &
parent=$!
for _ in $(seq 200); do
  pid=$(pgrep -P $parent || true)
  [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = systemd ] && break
  sleep 0.1
done
echo "$pid" > "$dir/pid"
inside() { nsenter -t "$pid" -a "$@"; }
for _ in $(seq 300); do case $(inside systemctl is-system-running 2>/dev/null || true) in running|degraded) break;; esac; sleep 0.1; done
inside systemctl start firmamentd.socket firmament-names.path
code() { inside aad-tool status > "$dir/said" 2>&1 && echo 0 || echo $?; }
echo "first $(code)"
owner() { inside stat -c '%U %a %F' "$1"; }
echo "state $(owner /var/lib/firmament)"
echo "left $(owner /var/lib/firmament/left)"
echo "cache $(owner /var/cache/firmament)"
inside bash -c 'mkdir /root/callers; for n in $(seq 150); do (aad-tool status > /root/callers/$n 2>&1; echo "code $?" >> /root/callers/$n) & sleep 0.02; done; wait' &
callers=$!
for n in 1 2 3 4 5 6 7 8; do
  sleep 0.35
  case $((n % 3)) in
    0) inside systemctl kill -s KILL firmamentd;;
    1) inside systemctl restart firmamentd;;
    2) inside systemctl stop firmamentd 2>/dev/null;;
  esac
done
wait $callers
echo "served $(inside grep -lx 'code 3' -r /root/callers | wc -l)"
inside grep -Lx 'code 3' -r /root/callers | while read -r lost; do inside tail -2 "$lost" >&2; done
for _ in $(seq 30); do inside systemctl restart firmamentd; done
echo "socket $(inside systemctl is-active firmamentd.socket) after 30 restarts"
# One that hangs: systemd misses its word.
hung=$(inside systemctl show -P MainPID firmamentd)
inside kill -STOP "$hung"
for _ in $(seq 300); do
  now=$(inside systemctl show -P MainPID firmamentd)
  [ "$now" != 0 ] && [ "$now" != "$hung" ] && break
  sleep 0.1
done
echo "hung $(inside journalctl -u firmamentd | grep -c 'Watchdog timeout') then $(code)"
# A configuration that it cannot start with; the tool is told the socket and needs none.
echo nonsense >> "$etc/himmelblau/himmelblau.conf"
inside systemctl restart firmamentd 2>/dev/null || true
inside aad-tool --socket /run/firmament/socket status > "$dir/said" 2>&1 && echo "broken 0" || echo "broken $?"
grep -o 'systemctl status firmamentd' "$dir/said" || true
sleep 6
echo "socket $(inside systemctl is-active firmamentd.socket || true) when it cannot start"
sed -i '$d' "$etc/himmelblau/himmelblau.conf"
echo "mended $(code)"
# Whoever changes the configuration finds the new domain in the file of names, whatever the daemon does.
inside systemctl stop firmamentd.socket firmamentd
# While the last change is dealt with systemd 252 looks away for a moment.
for _ in $(seq 300); do [ "$(inside systemctl show -P SubState firmament-names.path)" = waiting ] && break; sleep 0.1; done
# What it misses then is found with the next change.
serves() { for i in $(seq 150); do inside grep -q "$1" /var/cache/firmament/names && break; [ $((i % 30)) = 0 ] && inside touch /etc/himmelblau; sleep 0.1; done; inside grep -c "$1" /var/cache/firmament/names || true; }
sed -i 's/^domain = .*/domain = contoso.com, fabrikam.com/' "$etc/himmelblau/himmelblau.conf"
echo "names of the changed file $(serves fabrikam.com)"
mkdir "$etc/himmelblau/himmelblau.conf.d"
printf '[global]\ndomain = tailspintoys.com\n' > "$etc/himmelblau/himmelblau.conf.d/10-domain.conf"
echo "names of a drop-in $(serves tailspintoys.com)"
# A machine that is to register by a token of somebody elsewhere; another program tells what the command was given.
mkdir -p "$etc/firmament"; touch "$etc/firmament/join"
printf '#!/bin/sh\n[ "$1" = join ] || exit 3\necho "$1 $2 $4 with $(cat "$3")" > /etc/firmament/heard\n' > "$dir/root/usr/bin/aad-tool"
inside systemctl start firmamentd.socket
inside systemctl start firmament-join && echo "$(inside cat /etc/firmament/heard), $(inside ls /etc/firmament)"
