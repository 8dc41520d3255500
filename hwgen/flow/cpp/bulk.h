// SPDX-License-Identifier: BSD-2-Clause
// Drives a Verilated stream design from flat buffers: one call runs a whole workload.
// The generated wrapper names the streams' ports; everything else is here.
#ifndef HWGEN_BULK_H
#define HWGEN_BULK_H

#include <cstdint>
#include <cstring>

#include "verilated.h"

// The run time asks for the time in messages only.
__attribute__((weak)) double sc_time_stamp() { return 0; }

namespace hwgen {

// Copies a beat between 32-bit words and a Verilated port of any width.
template <typename Port>
void put(Port& port, const uint32_t* words) {
    port = static_cast<Port>(words[0]);
    if (sizeof(Port) > 4) port |= static_cast<Port>(static_cast<uint64_t>(words[1]) << 32);
}
template <std::size_t N>
void put(VlWide<N>& port, const uint32_t* words) {
    std::memcpy(port.data(), words, 4 * N);
}
template <typename Port>
void get(const Port& port, uint32_t* words) {
    words[0] = static_cast<uint32_t>(port);
    if (sizeof(Port) > 4) words[1] = static_cast<uint32_t>(static_cast<uint64_t>(port) >> 32);
}
template <std::size_t N>
void get(const VlWide<N>& port, uint32_t* words) {
    std::memcpy(words, port.data(), 4 * N);
}

// A pause generator: xorshift, so that a run depends on its seed alone.
class Pauses {
  public:
    Pauses(uint64_t seed, double chance)
        : m_state(seed * 2862933555777941757ULL + 3037000493ULL),
          m_limit(static_cast<uint64_t>(chance * 4294967296.0)) {}
    bool pause() {
        if (!m_limit) return false;
        m_state ^= m_state << 13;
        m_state ^= m_state >> 7;
        m_state ^= m_state << 17;
        return (m_state >> 32) < m_limit;
    }

  private:
    uint64_t m_state;
    uint64_t m_limit;
};

struct Source {
    const uint32_t* words;
    int64_t words_per_beat;
    int64_t beats;
    int64_t sent;
    bool offered;
};

struct Sink {
    uint32_t* words;
    int64_t words_per_beat;
    int64_t beats;
    int64_t taken;
    int64_t* cycles;  // the cycle of each beat, from the first cycle after reset
};

}  // namespace hwgen

#endif
