"""What one FPGA family offers: LUTs, carry chains, multipliers and lane sums mapped onto them."""
