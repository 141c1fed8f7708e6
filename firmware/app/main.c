/* The application: waits for requests and answers them. */
#include <string.h>

#include "bytes.h"
#include "commands.h"
#include "link.h"
#include "mcunas/hal.h"
#include "measure.h"

static link_frame_t request;
static link_frame_t response; /* kept until the next request is answered, in case it got lost on its way */
static uint8_t answered_type; /* of the request that `response` answers, 0 if there was none */

/* Whether the host repeats the request that was answered last. HELLO is always carried out. */
static bool is_repeat(void) {
    return answered_type != 0 && answered_type != COMMAND_HELLO && request.type == answered_type &&
           memcmp(request.seq, response.seq, sizeof request.seq) == 0;
}

static void answer(void) {
    if (!is_repeat()) {
        memcpy(response.seq, request.seq, sizeof response.seq);
        commands_run(&request, &response);
        answered_type = request.type;
    }
    link_send(&response);
    if (request.type == COMMAND_RESET && response.type != LINK_ERROR) {
        hal_reset();
    }
}

_Noreturn void mcn_fault(uint32_t pc, uint32_t status) {
    response.type = LINK_FAULT;
    put_u16(response.seq, 0);
    put_u16(response.length, 8);
    put_u32(put_u32(response.payload, pc), status);
    link_send(&response);
    for (;;) {
        hal_getc();
    }
}

int main(void) {
    hal_init();
    measure_note_startup();
    commands_init();
    for (;;) {
        const int byte = hal_getc();
        if (byte >= 0 && link_receive(&request, (uint8_t)byte)) {
            answer();
        }
    }
}
