/** The size of a page in bytes: a page of large records ends before its limit of records (docs/decisions/0075). */

/** Most bytes of the resources of a page that is answered, or read at once: some milliseconds of work. */
export const PAGE_BYTES = 4 * 1024 * 1024

/** How many records of these sizes have at most so many bytes together; one at least, whatever its size. */
export function fitting(sizes: readonly number[], bytes: number): number {
  let sum = 0
  const first = sizes.findIndex((size) => (sum += size) > bytes)
  return first < 0 ? sizes.length : Math.max(first, 1)
}
