/* Reads Thumb code from stdin and prints what each instruction costs in this sequence, and how much more if it
 * branches. Arguments: the costs, as the plugin takes them. */
#include <stdio.h>

#include "thumb_costs.h"

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        if (!set_cost(arguments[i])) {
            return 2;
        }
    }
    uint8_t bytes[4];
    insn_t before = {0};
    while (fread(bytes, 1, 2, stdin) == 2) {
        const size_t size = bytes[1] >> 3 >= 0x1D ? 4 : 2;
        if (size == 4 && fread(bytes + 2, 1, 2, stdin) != 2) {
            return 3;
        }
        const insn_t now = decode(bytes, size);
        printf("%d %d\n", now.cycles + in_sequence(&before, &now), now.branches ? now.taken : 0);
        before = now;
    }
    return 0;
}
