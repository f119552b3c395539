# Prints of each brick on this host how many entries it lists as to be healed, or as just written: lines of a count and a list,
# where the count is one more than there are entries. The last line is "end".
sed -n 's/^path=//p' /var/lib/glusterd/vols/*/bricks/* | sort -u |
    while IFS= read -r brick; do
        for list in "$brick/.glusterfs/indices/xattrop" "$brick/.glusterfs/indices/dirty"; do
            # Bricks of other hosts are none here.
            [ ! -d "$list" ] || printf '%s\0' "$list"
        done
    done |
    {
        # A list has further files, of which its entries are links.
        xargs -0 -r sh -c 'find "$@" -ignore_readdir_race -maxdepth 1 ! -name "xattrop-*" ! -name "dirty-*" -printf "%H\n"' sh || echo failed
    } | sort | uniq -c
echo end
