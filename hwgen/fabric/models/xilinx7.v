// Xilinx 7 series primitives as hwgen uses them, for simulation only.

module LUT6(input I0, I1, I2, I3, I4, I5, output O);
  parameter [63:0] INIT = 64'h0;
  assign O = INIT[{I5, I4, I3, I2, I1, I0}];
endmodule

module LUT6_2(input I0, I1, I2, I3, I4, I5, output O5, O6);
  parameter [63:0] INIT = 64'h0;
  assign O5 = INIT[{1'b0, I4, I3, I2, I1, I0}];
  assign O6 = INIT[{I5, I4, I3, I2, I1, I0}];
endmodule

module CARRY4(input CI, CYINIT, input [3:0] DI, S, output [3:0] O, CO);
  wire first = CI | CYINIT;
  wire second = S[0] ? first : DI[0];
  wire third = S[1] ? second : DI[1];
  wire fourth = S[2] ? third : DI[2];
  assign O = S ^ {fourth, third, second, first};
  assign CO = {S[3] ? fourth : DI[3], fourth, third, second};
endmodule
