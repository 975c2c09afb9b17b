/** What must hold for the demo to succeed: named, counted, the failures kept. */

export type Expectations = {
  /** Records one; answers whether it held. */
  expect(name: string, held: boolean, seen?: string): boolean
  readonly held: () => number
  readonly failures: () => readonly string[]
}

export function createExpectations(): Expectations {
  const failures: string[] = []
  let held = 0
  return {
    expect(name, ok, seen) {
      if (ok) held++
      else failures.push(seen === undefined ? name : `${name} (seen: ${seen})`)
      return ok
    },
    held: () => held,
    failures: () => failures,
  }
}
