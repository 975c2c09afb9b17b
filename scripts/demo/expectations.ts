/** The expectations of the demo: counts those that held, and lists the failures. */

export type Expectations = {
  /** Records one; returns whether it held. */
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
