#!/bin/bash
# overlay.sh DIR FIRMAMENT KEYS: in namespaces of its own, installs the two packages over the running root as an overlay,
# upgrades, removes and purges them, and says what it finds, a line for each thing. Nothing of it stays outside.
set -eu
dir=$1 firmament=$2 keys=$3
mkdir -p "$dir"
mount -t tmpfs -o size=2g none "$dir"
mkdir "$dir/up" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" "$dir/root"
root=$dir/root
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 none "$root/run"
mount -t tmpfs none "$root/tmp"
mount --rbind /dev "$root/dev"
mkdir "$root/run/lock"
# What somebody installed by hand is not there, and would be gone after a purge.
find "$root/usr" "$root/etc" "$root/var/lib" "$root/var/cache" -xdev -iname '*firmament*' ! -path '*/dpkg/*' -prune -exec rm -rf {} +
# The same package, as the next version; the libraries of a TPM need not be here.
next=$dir/next.deb
dpkg-deb -R "$firmament" "$dir/unpacked"
sed -i 's/^Version: .*/Version: 0.1.0-2/' "$dir/unpacked/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 -b "$dir/unpacked" "$next" > /dev/null
cp "$firmament" "$root/tmp/first.deb"; cp "$next" "$root/tmp/next.deb"; cp "$keys" "$root/tmp/keys.deb"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
package() { inside dpkg --no-triggers "$@" > "$dir/said" 2>&1 || { cat "$dir/said" >&2; exit 1; }; }
told() { if grep -q "$1" "$dir/said"; then echo "told: $2"; fi; }
enabled() { if [ -n "$(find "$root/etc/systemd/system" -name "$1" -path '*.wants/*')" ]; then echo enabled; else echo disabled; fi; }
# In auth, account, password and session, or in none; anything else is its number.
profile() {
  case $(cat "$root"/etc/pam.d/common-* | grep -c '^[^#].*pam_firmament') in 4) echo on;; 0) echo off;; *) echo half;; esac
}
integration() { echo "profile $(profile), names $(grep -c firmament "$root/etc/nsswitch.conf" || true)"; }
service() { echo "socket $(enabled firmamentd.socket), service $(enabled firmamentd.service), watch $(enabled firmament-names.path)"; }
cache() { inside stat -c 'cache %U %a' /var/cache/firmament; }
account() { inside getent passwd firmament | cut -d: -f1 | sed 's/^/user /'; }
all() { echo "$(integration), $(service), $(cache), $(account)"; }
state() { if [ -e "$root/var/lib/firmament" ]; then echo 'state: kept'; else echo 'state: gone'; fi; }
used() { mkdir -p -m 700 "$root/var/lib/firmament"; touch "$root/var/lib/firmament/has-records"; }
# Every local account, as glibc sees it and as its groups are.
people() { inside getent passwd | grep -v '^firmament:'; inside sh -c 'cut -d: -f1 /etc/passwd | grep -v "^firmament$" | while read -r name; do id "$name"; done'; }
compare_people() { if [ "$(people)" = "$people" ]; then echo 'local people: as before'; fi; }
# What a package may leave behind; the user stays, as users of services do.
listing() {
  (cd "$root/etc"; find pam.d nsswitch.conf systemd \( -type f -o -type l \) -printf '%M %u %g %p %l\n' | sort
    find pam.d nsswitch.conf systemd -type f | sort | xargs sha256sum
    cd ..; find etc usr var -xdev -iname '*firmament*' ! -path 'var/lib/dpkg/*' | sort)
}
people=$(people)
before=$(listing)

package -i /tmp/first.deb
echo "installed: $(all)"
inside stat -c 'file of names: %U %a' /var/cache/firmament/names
package --force-depends -i /tmp/keys.deb
echo "keys installed: $(inside dpkg-query -f '${Status} ${Depends}' -W firmament-keys | grep -q 'install ok installed firmament (= 0.1.0-1)' && echo of the same version)"
package -r firmament-keys
package --purge firmament-keys
completions=$root/usr/share
[ -s "$completions/bash-completion/completions/aad-tool" ] && [ -s "$completions/zsh/vendor-completions/_aad-tool" ] \
  && [ -s "$completions/fish/vendor_completions.d/aad-tool.fish" ] && echo 'completions: bash zsh fish'
compare_people
# As docs/installation.md says, with a line of the administrator's own.
conf=$root/etc/himmelblau/himmelblau.conf
inside sh -c 'install -d /etc/himmelblau && cp /usr/share/doc/firmament/examples/himmelblau.conf /etc/himmelblau/himmelblau.conf'
inside firmamentd --check > "$dir/said" 2>&1 && echo 'by package: the example can be used' || cat "$dir/said" >&2
echo '# mine' >> "$conf"; edited=$(cat "$conf")
inside firmamentd --write-names > /dev/null
# Somebody is logged in, and is looked up at every moment of the upgrade, as ls, sudo and cron do.
inside sh -c 'tries=0 missed=0
  until [ -e /tmp/upgraded ]; do
    tries=$((tries + 1)); getent passwd alex@contoso.com > /dev/null || missed=$((missed + 1))
  done
  [ "$tries" -gt 20 ] && echo "$missed" > /tmp/missed' &
looker=$!
# A session that was opened by the module before and is closed after.
inside su nobody -s /bin/sh -c 'until [ -e /tmp/upgraded ]; do sleep 0.1; done' & session=$!
held() { grep -qs pam_firmament /proc/[0-9]*/maps; }
for _ in $(seq 50); do held && break; sleep 0.1; done
held && held=yes || held=no
package -i /tmp/next.deb
touch "$root/tmp/upgraded"; wait $looker
wait $session && [ $held = yes ] && echo 'session: open through the upgrade'
echo "upgraded: $(all)"
[ "$(cat "$root/tmp/missed")" = 0 ] && echo 'names: there at every moment of the upgrade'
[ "$(cat "$conf")" = "$edited" ] && echo 'configuration: as edited'
rm "$root/etc/himmelblau/himmelblau.conf"; rmdir --ignore-fail-on-non-empty "$root/etc/himmelblau"
# An administrator switches things off.
inside pam-auth-update --disable firmament firmament-password
sed -i 's/ firmament//' "$root/etc/nsswitch.conf"
inside systemctl --quiet disable firmamentd.socket > /dev/null 2>&1
package -i /tmp/first.deb
echo "switched off, upgraded: $(all)"
used
package -r firmament
echo "removed: $(integration)"
compare_people
told 'identity of this machine is kept' 'the identity is kept'
state
package -i /tmp/first.deb
echo "installed again: $(all)"
package --purge firmament
echo "purged: $(integration)"
told 'to delete them: rm -r /var/lib/firmament' 'how to delete the state'
state
package -i /tmp/first.deb
echo 'firmament firmament/purge boolean true' | inside debconf-set-selections
package --purge firmament
echo "purged, and agreed: $(integration)"
state
package -i /tmp/first.deb
mkdir -m 700 "$root/var/lib/firmament"; touch "$root/var/lib/firmament/hsm-pin"
package --purge firmament
echo "never used, purged: $(integration)"
grep -q 'firmament: ' "$dir/said" || echo 'told: nothing'
state
after=$(listing)
if [ "$after" = "$before" ]; then echo 'everything else: as before'; else diff <(echo "$before") <(echo "$after") >&2; fi
