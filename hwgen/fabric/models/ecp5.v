// Lattice ECP5 primitives as hwgen uses them, for simulation only.

module CCU2C(input CIN, A0, B0, C0, D0, A1, B1, C1, D1, output S0, S1, COUT);
  parameter [15:0] INIT0 = 16'h0000;
  parameter [15:0] INIT1 = 16'h0000;
  parameter INJECT1_0 = "NO";
  parameter INJECT1_1 = "NO";
  wire propagate0 = INIT0[{D0, C0, B0, A0}];
  wire propagate1 = INIT1[{D1, C1, B1, A1}];
  wire carry0 = INJECT1_0 == "NO" ? CIN : 1'b0;
  wire middle = propagate0 ? CIN : INJECT1_0 == "NO" ? INIT0[{2'b00, B0, A0}] : 1'b0;
  wire carry1 = INJECT1_1 == "NO" ? middle : 1'b0;
  assign S0 = propagate0 ^ carry0;
  assign S1 = propagate1 ^ carry1;
  assign COUT = propagate1 ? middle : INJECT1_1 == "NO" ? INIT1[{2'b00, B1, A1}] : 1'b0;
endmodule
