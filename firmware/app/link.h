/* Frames over the serial line: COBS and CRC-32 as docs/protocol.md defines them. */
#ifndef MCUNAS_LINK_H
#define MCUNAS_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

#define LINK_VERSION 1
#define LINK_HELLO_PAYLOAD 192 /* the longest response to HELLO */
#define LINK_FIRST_PAYLOAD 64  /* limit of every other payload before HELLO */
#define LINK_CRC_BYTES 4

/* The most that either side's payload can be on this board. */
#define LINK_CAPACITY (BOARD_MAX_PAYLOAD > LINK_HELLO_PAYLOAD ? BOARD_MAX_PAYLOAD : LINK_HELLO_PAYLOAD)

enum { LINK_ERROR = 0xFF, LINK_FAULT = 0xFE, LINK_RESPONSE = 0x80 };

/* A frame as it lies in memory: bytes only, so the layout is that of the document. The CRC follows the payload. */
typedef struct {
    uint8_t version, type;
    uint8_t seq[2], length[2];
    uint8_t payload[LINK_CAPACITY + LINK_CRC_BYTES];
} link_frame_t;

/* Takes one received byte; true when it completes a valid frame, which then lies in *frame until the next call. */
bool link_receive(link_frame_t *frame, uint8_t byte);

/* Sends a frame of which type, seq, length and payload are set. */
void link_send(link_frame_t *frame);

#endif
