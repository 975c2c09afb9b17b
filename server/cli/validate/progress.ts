/** How far it is, on one line of a terminal that is written over. */

export type ProgressLine = { readonly update: (text: string) => void; readonly clear: () => void }

/** Silent when nobody looks. `now` in ms. */
export function createProgress(
  out: { readonly isTTY?: boolean; write(text: string): unknown },
  now: () => number,
): ProgressLine {
  if (!out.isTTY) return { update: () => undefined, clear: () => undefined }
  let updated = -Infinity
  let shown = false
  return {
    update(text) {
      if (now() - updated < EVERY) return
      updated = now()
      shown = true
      out.write(`\r\u001b[K${text}`)
    },
    clear() {
      if (shown) out.write('\r\u001b[K')
      shown = false
    },
  }
}

/** ms */
const EVERY = 100
