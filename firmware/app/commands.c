#include "commands.h"

#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "mcunas/hal.h"
#include "mcunas/placement.h"
#include "measure.h"

#define ALL_STEPS 0xFFFFFFFFu
#define NAME_BYTES 32 /* the longest string in HELLO */
#define HELLO_TEXTS_AT 78

enum { ERROR_UNKNOWN = 1, ERROR_LENGTH = 2, ERROR_RANGE = 3, ERROR_NO_PROFILE = 4 };
enum { RUN_PROFILE = 1 }; /* in RUN's last byte, above it the counter */
enum { SPACE_OUTPUT = 0, SPACE_ARENA = 1, SPACE_PROFILE = 2 };

_Static_assert(sizeof BOARD_NAME <= NAME_BYTES + 1 && sizeof BOARD_KERNELS <= NAME_BYTES + 1,
               "a name is too long for HELLO");
_Static_assert(HELLO_TEXTS_AT + 3 * (1 + NAME_BYTES) <= LINK_HELLO_PAYLOAD, "HELLO's response has no room");

/* Both ends of the section `.model`, from the linker. */
extern const uint8_t mcn_model_start[], mcn_model_end[];

static uint16_t payload_limit; /* as HELLO has settled it */
static uint16_t profiled;      /* steps of mcn_profile that hold ticks */

void commands_init(void) {
    payload_limit = LINK_FIRST_PAYLOAD;
    profiled = 0;
}

/* Every handler returns the end of the response's payload that it has written. */

static uint8_t *error(link_frame_t *response, uint16_t code, uint32_t detail) {
    response->type = LINK_ERROR;
    return put_u32(put_u16(response->payload, code), detail);
}

static uint8_t *put_text(uint8_t *at, const char *text, uint8_t bytes) {
    *at++ = bytes;
    memcpy(at, text, bytes);
    return at + bytes;
}

static uint8_t *answer_hello(const uint8_t *payload, link_frame_t *response) {
    static const uint8_t build_id[16] = BOARD_BUILD_ID;
    const uint16_t host_limit = get_u16(payload + 2);
    payload_limit = host_limit < BOARD_MAX_PAYLOAD ? host_limit : BOARD_MAX_PAYLOAD;
    uint8_t *out = response->payload;
    *out++ = LINK_VERSION;
    *out++ = 1; /* window */
    out = put_u16(out, BOARD_MAX_PAYLOAD);
    *out++ = (uint8_t)measure_timer(0);
    *out++ = measure_counter_advances(0);
    out = put_u16(out, mcn_model.step_count);
    out = put_u32(out, hal_clock_hz());
    out = put_u32(out, hal_timer_hz());
    out = put_u32(out, measure_overhead(0));
    out = put_u32(out, measure_startup(0));
    out = put_u32(out, mcn_model.arena_bytes);
    memcpy(out, build_id, sizeof build_id);
    memcpy(out + sizeof build_id, mcn_model.sha256, sizeof mcn_model.sha256);
    out += sizeof build_id + sizeof mcn_model.sha256;
    *out++ = mcn_model.input_count;
    *out++ = mcn_model.output_count;
    out = put_text(out, BOARD_NAME, sizeof BOARD_NAME - 1);
    out = put_text(out, MCN_ENGINE_VERSION, sizeof MCN_ENGINE_VERSION - 1);
    return put_text(out, BOARD_KERNELS, sizeof BOARD_KERNELS - 1);
}

static uint8_t *answer_check(link_frame_t *response) {
    const uint32_t bytes = (uint32_t)(mcn_model_end - mcn_model_start);
    return put_u32(put_u32(response->payload, crc32(0, mcn_model_start, bytes)), bytes);
}

static uint8_t *answer_write(const uint8_t *payload, uint16_t length, link_frame_t *response) {
    const uint8_t input = payload[0];
    const uint32_t offset = get_u32(payload + 4), bytes = length - 8u;
    if (input >= mcn_model.input_count) {
        return error(response, ERROR_RANGE, input);
    }
    const mcn_span_t *span = &mcn_model.inputs[input];
    if (offset > span->bytes || bytes > span->bytes - offset) {
        return error(response, ERROR_RANGE, offset);
    }
    memcpy(mcn_arena + span->offset + offset, payload + 8, bytes);
    return put_u32(response->payload, offset + bytes);
}

static uint32_t crc_of_outputs(void) {
    uint32_t crc = 0;
    for (uint8_t i = 0; i < mcn_model.output_count; i++) {
        crc = crc32(crc, mcn_arena + mcn_model.outputs[i].offset, mcn_model.outputs[i].bytes);
    }
    return crc;
}

static uint8_t *answer_run(const uint8_t *payload, link_frame_t *response) {
    const uint32_t asked = get_u32(payload);
    const uint32_t steps = asked == ALL_STEPS ? mcn_model.step_count : asked;
    if (steps > mcn_model.step_count) {
        return error(response, ERROR_RANGE, asked);
    }
    const uint8_t counter = payload[4] >> 1;
    if (counter >= BOARD_COUNTERS) {
        return error(response, ERROR_RANGE, counter);
    }
    uint64_t ticks;
    if (payload[4] & RUN_PROFILE) {
        ticks = measure_steps(counter, (uint16_t)steps);
        profiled = (uint16_t)steps;
    } else {
        ticks = measure_run(counter, (uint16_t)steps);
    }
    return put_u32(put_u32(put_u64(response->payload, ticks), crc_of_outputs()), steps);
}

static uint8_t *read_bytes(const uint8_t *from, uint32_t size, const uint8_t *payload, link_frame_t *response) {
    const uint16_t bytes = get_u16(payload + 2);
    const uint32_t offset = get_u32(payload + 4);
    if (bytes > payload_limit) {
        return error(response, ERROR_LENGTH, bytes);
    }
    if (offset > size || bytes > size - offset) {
        return error(response, ERROR_RANGE, offset);
    }
    memcpy(response->payload, from + offset, bytes);
    return response->payload + bytes;
}

static uint8_t *read_profile(const uint8_t *payload, link_frame_t *response) {
    if (profiled == 0) {
        return error(response, ERROR_NO_PROFILE, 0);
    }
    /* The ticks lie in memory as they travel: every core that we run on is little-endian. */
    return read_bytes((const uint8_t *)mcn_profile, profiled * (uint32_t)sizeof mcn_profile[0], payload, response);
}

static uint8_t *answer_read(const uint8_t *payload, link_frame_t *response) {
    const uint8_t space = payload[0], index = payload[1];
    if (space == SPACE_OUTPUT && index < mcn_model.output_count) {
        const mcn_span_t *span = &mcn_model.outputs[index];
        return read_bytes(mcn_arena + span->offset, span->bytes, payload, response);
    }
    if (space == SPACE_ARENA) {
        return read_bytes(mcn_arena, mcn_model.arena_bytes, payload, response);
    }
    if (space == SPACE_PROFILE) {
        return read_profile(payload, response);
    }
    return error(response, ERROR_RANGE, space == SPACE_OUTPUT ? index : space);
}

static uint8_t *answer_memory(link_frame_t *response) {
    return put_u32(put_u32(response->payload, hal_stack_bytes()), mcn_model.arena_bytes);
}

static uint8_t *answer_counter(const uint8_t *payload, link_frame_t *response) {
    const uint8_t counter = payload[0];
    if (counter >= BOARD_COUNTERS) {
        return error(response, ERROR_RANGE, counter);
    }
    uint8_t *out = response->payload;
    *out++ = (uint8_t)measure_timer(counter);
    *out++ = measure_counter_advances(counter);
    out = put_u16(out, 0);
    return put_u32(put_u32(out, measure_overhead(counter)), measure_startup(counter));
}

/* Whether `length` suits a request of `type`; WRITE carries any number of bytes. */
static bool length_fits(uint8_t type, uint16_t length) {
    static const uint8_t LENGTHS[] = {
        [COMMAND_HELLO] = 4, [COMMAND_CHECK] = 0,  [COMMAND_WRITE] = 8, [COMMAND_RUN] = 5,
        [COMMAND_READ] = 8,  [COMMAND_MEMORY] = 0, [COMMAND_RESET] = 0, [COMMAND_COUNTER] = 1,
    };
    return type == COMMAND_WRITE ? length >= LENGTHS[type] : length == LENGTHS[type];
}

static uint8_t *dispatch(const link_frame_t *request, uint16_t length, link_frame_t *response) {
    switch (request->type) {
    case COMMAND_HELLO: return answer_hello(request->payload, response);
    case COMMAND_CHECK: return answer_check(response);
    case COMMAND_WRITE: return answer_write(request->payload, length, response);
    case COMMAND_RUN: return answer_run(request->payload, response);
    case COMMAND_READ: return answer_read(request->payload, response);
    case COMMAND_MEMORY: return answer_memory(response);
    case COMMAND_COUNTER: return answer_counter(request->payload, response);
    default: return response->payload; /* RESET: the caller restarts once the response is out */
    }
}

void commands_run(const link_frame_t *request, link_frame_t *response) {
    const uint8_t type = request->type;
    const uint16_t length = get_u16(request->length);
    uint8_t *end;
    response->type = type | LINK_RESPONSE;
    if (type < COMMAND_HELLO || type > COMMAND_COUNTER) {
        end = error(response, ERROR_UNKNOWN, type);
    } else if (!length_fits(type, length)) {
        end = error(response, ERROR_LENGTH, length);
    } else {
        end = dispatch(request, length, response);
    }
    put_u16(response->length, (uint16_t)(end - response->payload));
}
