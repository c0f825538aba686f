/** Lengths of time in milliseconds. A day has 24 hours. */
export const secondLength = 1_000;
export const minuteLength = 60 * secondLength;
export const hourLength = 60 * minuteLength;
export const dayLength = 24 * hourLength;
