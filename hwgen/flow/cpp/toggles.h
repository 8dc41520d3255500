// SPDX-License-Identifier: BSD-2-Clause
// Counts toggles, and high cycles, of nets of which each word holds up to 64 instances.
#ifndef HWGEN_TOGGLES_H
#define HWGEN_TOGGLES_H

#include <cstdint>
#include <vector>

namespace hwgen {

class Toggles {
  public:
    void clear(std::size_t probes) {
        m_counts.assign(probes, 0);
        m_before.assign(probes, 0);
        m_cycles = 0;
        m_counting = false;
    }
    // Called before each clock edge, at which the probes report the cycle's settled values.
    void begin_cycle(bool counts) {
        m_counting = counts;
        m_cycles += counts;
    }
    void add(std::size_t probe, uint64_t bits) {
        if (m_counting) m_counts[probe] += __builtin_popcountll(bits ^ m_before[probe]);
        m_before[probe] = bits;
    }
    void add_highs(std::size_t probe, uint64_t bits) {
        if (m_counting) m_counts[probe] += __builtin_popcountll(bits);
    }
    // Copies the count of each probe; returns the cycles.
    int64_t read(int64_t* counts) const {
        for (const int64_t count : m_counts) *counts++ = count;
        return m_cycles;
    }

  private:
    bool m_counting = false;
    int64_t m_cycles = 0;
    std::vector<int64_t> m_counts;
    std::vector<uint64_t> m_before;
};

}  // namespace hwgen

#endif
