// What counts as 0 in an optimizer's state: without a gradient its values would sink into subnormal numbers and stay there,
// each product with them costing a hundred cycles. No parameter above 1e-20 can notice.

/** Of running means and velocities. */
export const leastMean: f32 = 7.888609052210118e-31; // 2^-100

/** Of running means of squares. */
export const leastSquare: f32 = 1.1754943508222875e-38; // 2^-126, the least normal number
