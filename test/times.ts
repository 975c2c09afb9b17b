/** `npm run test:long -- properties=10` plays so many times the random cases of `npm test`. */
export const TIMES = Number(process.env['TIMES'] ?? 1)
