// SPDX-License-Identifier: BSD-2-Clause
// The two LZ4 functions that Verilator's FST writer calls, as one run of literals of the LZ4 block
// format: waves need no LZ4 headers on the user's machine.
#ifndef HWGEN_STORED_LZ4_H
#define HWGEN_STORED_LZ4_H

#include <cstring>

inline int LZ4_compressBound(int bytes) { return bytes + bytes / 255 + 16; }

inline int LZ4_compress_default(const char* in, char* out, int bytes, int capacity) {
    if (capacity < LZ4_compressBound(bytes)) return 0;
    char* at = out;
    *at++ = static_cast<char>((bytes < 15 ? bytes : 15) << 4);
    if (bytes >= 15) {
        int rest = bytes - 15;
        for (; rest >= 255; rest -= 255) *at++ = static_cast<char>(255);
        *at++ = static_cast<char>(rest);
    }
    if (bytes) std::memcpy(at, in, bytes);
    return static_cast<int>(at - out) + bytes;
}

#endif
