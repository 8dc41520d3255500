// Gowin primitives as hwgen uses them, for simulation only: modes ADD, SUB and MULT of an ALU.

module ALU(input I0, I1, I3, CIN, output SUM, COUT);
  parameter [31:0] ALU_MODE = 32'd0;
  wire multiplies = ALU_MODE == 32'd9;
  wire subtracts = ALU_MODE == 32'd1;
  wire generates = multiplies ? I0 & I1 : I0;
  wire propagates = generates ^ (multiplies ? I3 : I1 ^ subtracts);
  assign SUM = propagates ^ CIN;
  assign COUT = propagates ? CIN : generates;
endmodule
