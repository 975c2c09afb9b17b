/**
 * How much an evaluation may do. Expressions come from clients (rules of posted profiles, paths of patches), and a short one
 * can take any time on a large resource. Steps are counted, not time: the same expression on the same resource always ends in
 * the same way. A step is a value that is selected, compared or tested.
 */
export type Steps = {
  /** @throws TooManySteps (or an error of the owner) when all are taken */
  spend(steps: number): void
}

/** Characters of a text that count as one step. */
const CHARACTERS = 64

/** A text that is read or made. */
export const stepsOfText = ({ length }: string): number => 1 + Math.floor(length / CHARACTERS)

/** The evaluation takes more steps than it may. `expression`: the one in which it was ended. */
export class TooManySteps extends Error {
  readonly limit: number
  expression: string | undefined

  constructor(limit: number) {
    super(`It takes more than ${limit} steps.`)
    this.name = 'TooManySteps'
    this.limit = limit
  }
}

/** A number of steps for one evaluation, or for several together. A class, because rules are evaluated often. */
export class StepLimit implements Steps {
  readonly #limit: number
  #left: number

  constructor(limit: number) {
    this.#limit = limit
    this.#left = limit
  }

  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new TooManySteps(this.#limit)
  }
}

/** For expressions of the hub itself. */
export const NO_LIMIT: Steps = { spend: () => undefined }
