/**
 * Some hundred mutants with both results, for a test that needs no other validator: a few of each mutator and result, and
 * of every class of disagreement. Only of samples: the examples are not part of the project.
 */
import { isError } from '../../server/fhir/outcome.ts'
import type { Edit, Resource } from './mutation.ts'
import { agrees, reasonOf, refuses, type Compared } from './report.ts'
import type { Seed } from './seeds.ts'

export type Recorded = {
  readonly seed: string
  readonly mutations: readonly string[]
  readonly patch: readonly Edit[]
  /** The result here, and the other's. */
  readonly here: 'valid' | 'invalid'
  readonly other: 'valid' | 'invalid'
  /** Our first code, their first message; absent for what is valid. */
  readonly code?: string
  readonly message?: string
  /** Why they disagree. */
  readonly reason?: string
}

export type Fixture = { readonly seeds: Readonly<Record<string, Resource>>; readonly mutants: readonly Recorded[] }

const OF_EACH = 4

/** As JSON, a line for each seed and each mutant. */
export function fixtureOf(compared: readonly Compared[], seeds: readonly Seed[]): string {
  const own = new Map(seeds.map(({ name, resource }) => [name, resource]))
  const taken = new Map<string, number>()
  const chosen = compared.filter((one) => {
    const { mutations, seed } = one.mutant
    if (!own.has(seed)) return false
    const kind = agrees(one) ? `${String(mutations[0])} ${String(one.theirs.valid)}` : `differs ${reasonOf(one) ?? ''}`
    const count = (taken.get(kind) ?? 0) + 1
    taken.set(kind, count)
    return count <= OF_EACH
  })
  const used = [...own].filter(([name]) => chosen.some(({ mutant }) => mutant.seed === name))
  const lines = (list: readonly string[]): string => list.map((line) => `    ${line}`).join(',\n')
  return [
    '{',
    '  "seeds": {',
    lines(used.map(([name, resource]) => `${JSON.stringify(name)}: ${JSON.stringify(resource)}`)),
    '  },',
    '  "mutants": [',
    lines(chosen.map((one) => JSON.stringify(recorded(one)))),
    '  ]',
    '}',
    '',
  ].join('\n')
}

function recorded(one: Compared): Recorded {
  const { seed, mutations, patch } = one.mutant
  const errors = one.ours.filter(isError)
  const refusal = one.theirs.issues.find(refuses)
  return {
    seed,
    mutations,
    patch,
    here: errors.length === 0 ? 'valid' : 'invalid',
    other: one.theirs.valid ? 'valid' : 'invalid',
    ...(errors[0] ? { code: errors[0].detail } : {}),
    ...(refusal ? { message: refusal.message.slice(0, 160) } : {}),
    ...(agrees(one) ? {} : { reason: reasonOf(one) }),
  }
}
