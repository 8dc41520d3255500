// Lattice iCE40 primitives as hwgen uses them, for simulation only.

module SB_LUT4(input I0, I1, I2, I3, output O);
  parameter [15:0] LUT_INIT = 16'h0000;
  assign O = LUT_INIT[{I3, I2, I1, I0}];
endmodule

module SB_CARRY(input I0, I1, CI, output CO);
  assign CO = (I0 & I1) | (I0 & CI) | (I1 & CI);
endmodule
