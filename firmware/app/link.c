#include "link.h"

#include "bytes.h"
#include "crc32.h"
#include "mcunas/hal.h"

#define HEADER_BYTES 6

/* The COBS decoder: where it stands in the frame that is coming in. */
static struct {
    uint16_t count;    /* bytes decoded; more than fit in a frame means that it is to be dropped */
    uint8_t left;      /* bytes of the block still to come */
    bool zero_follows; /* the block stands for a zero after it, unless the frame ends there */
} decoder;

static void store(link_frame_t *frame, uint8_t byte) {
    if (decoder.count < sizeof *frame) {
        ((uint8_t *)frame)[decoder.count] = byte;
    }
    if (decoder.count <= sizeof *frame) {
        decoder.count++;
    }
}

static bool complete(const link_frame_t *frame) {
    const uint16_t count = decoder.count;
    if (decoder.left != 0 || count < HEADER_BYTES + LINK_CRC_BYTES || count > sizeof *frame) {
        return false;
    }
    const uint16_t length = get_u16(frame->length);
    if (frame->version != LINK_VERSION || length != count - HEADER_BYTES - LINK_CRC_BYTES) {
        return false;
    }
    return get_u32(frame->payload + length) == crc32(0, (const uint8_t *)frame, HEADER_BYTES + (uint32_t)length);
}

bool link_receive(link_frame_t *frame, uint8_t byte) {
    if (byte == 0) {
        const bool valid = complete(frame);
        decoder.count = 0;
        decoder.left = 0;
        decoder.zero_follows = false;
        return valid;
    }
    if (decoder.left > 0) {
        store(frame, byte);
        decoder.left--;
        return false;
    }
    if (decoder.zero_follows) {
        store(frame, 0);
    }
    decoder.left = byte - 1;
    decoder.zero_follows = byte != 0xFF;
    return false;
}

static void send_cobs(const uint8_t *data, uint32_t bytes) {
    for (uint32_t start = 0; start <= bytes;) {
        uint32_t end = start;
        while (end < bytes && end - start < 254 && data[end] != 0) {
            end++;
        }
        hal_putc((uint8_t)(end - start + 1));
        for (uint32_t i = start; i < end; i++) {
            hal_putc(data[i]);
        }
        /* A full block stands for no zero, so nothing is skipped, and at the end nothing remains to be said. */
        const bool full = end - start == 254;
        if (full && end == bytes) {
            break;
        }
        start = full ? end : end + 1;
    }
}

void link_send(link_frame_t *frame) {
    frame->version = LINK_VERSION;
    const uint32_t bytes = HEADER_BYTES + (uint32_t)get_u16(frame->length);
    put_u32((uint8_t *)frame + bytes, crc32(0, (const uint8_t *)frame, bytes));
    hal_putc(0); /* ends whatever the host may have half received */
    send_cobs((const uint8_t *)frame, bytes + LINK_CRC_BYTES);
    hal_putc(0);
    hal_flush();
}
