"""What one FPGA family offers: LUTs, carry chains, and multipliers mapped onto them."""
