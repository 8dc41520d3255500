// SPDX-License-Identifier: BSD-2-Clause
// The two zlib functions that Verilator's FST writer calls, as stored (uncompressed) blocks of the
// formats of RFC 1950 and 1951: waves need no zlib headers on the user's machine.
#ifndef HWGEN_STORED_ZLIB_H
#define HWGEN_STORED_ZLIB_H

#include <algorithm>
#include <cstdint>
#include <cstring>

using Bytef = unsigned char;
using uLong = unsigned long;
using uLongf = unsigned long;
constexpr int Z_OK = 0;
constexpr int Z_BUF_ERROR = -5;

inline uLong compressBound(uLong bytes) { return bytes + 5 * (bytes / 65535 + 1) + 6; }

inline int compress2(Bytef* out, uLongf* out_bytes, const Bytef* in, uLong bytes, int /*level*/) {
    if (*out_bytes < compressBound(bytes)) return Z_BUF_ERROR;
    Bytef* at = out;
    *at++ = 0x78;
    *at++ = 0x01;
    uint32_t low = 1, high = 0;  // Adler-32
    for (uLong i = 0; i < bytes; ++i) {
        low = (low + in[i]) % 65521;
        high = (high + low) % 65521;
    }
    do {
        const uLong block = std::min<uLong>(bytes, 65535);
        *at++ = block == bytes;  // final block, type 00
        *at++ = block & 255;
        *at++ = block >> 8;
        *at++ = ~block & 255;
        *at++ = (~block >> 8) & 255;
        if (block) std::memcpy(at, in, block);
        at += block;
        in += block;
        bytes -= block;
    } while (bytes);
    const uint32_t sum = (high << 16) | low;
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = (sum >> shift) & 255;
    *out_bytes = at - out;
    return Z_OK;
}

#endif
