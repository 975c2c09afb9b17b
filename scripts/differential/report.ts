/** The figures of a differential run, in words: agreement, by mutation, and each class of disagreement. */
import { isError, type Issue } from '../../server/fhir/outcome.ts'
import { isSamePlace } from '../conformance/first.ts'
import { classOf, isUnknownExtension } from './explained.ts'
import type { Mutant } from './generate.ts'
import type { OtherIssue, OtherResult } from './other-validator.ts'
import { FAULTS, OF_GUIDES, VARIANTS, type Kinds } from './mutators/index.ts'

export type Compared = { readonly mutant: Mutant; readonly ours: readonly Issue[]; readonly theirs: OtherResult }

export const AGREED_ENOUGH = 0.98

export const refuses = ({ severity }: OtherIssue): boolean => severity === 'error' || severity === 'fatal'

export const agrees = ({ ours, theirs }: Compared): boolean => ours.some(isError) !== theirs.valid

/** Why the two disagree, by the table of explained.ts; undefined if no class explains it. */
export const reasonOf = ({ ours, theirs }: Compared): string | undefined =>
  classOf(ours.filter(isError), theirs.issues.filter(refuses))

/** The result as if this validator also accepted unknown extensions. */
export const withAnyExtension = (one: Compared): Compared => ({
  ...one,
  ours: one.ours.filter((issue) => !isUnknownExtension(issue)),
})

export const agreement = (all: readonly Compared[]): number => all.filter(agrees).length / Math.max(all.length, 1)

/** Is the mutant a fault, not only a variant? */
export const isFault = ({ mutant }: Compared): boolean => nameOf({ ...FAULTS, ...OF_GUIDES }, mutant) !== undefined

const share = (of: string, ones: readonly Compared[]): string =>
  `  ${of}: ${ones.filter(agrees).length} of ${ones.length} (${percent(agreement(ones))})`

export function report(all: readonly Compared[]): string {
  const disagreements = all.filter((one) => !agrees(one))
  const valid = all.filter(({ theirs }) => theirs.valid)
  const invalid = all.filter((one) => !one.theirs.valid && agrees(one))
  const sameFirst = invalid.filter(isSameFirst)
  return [
    `same result: ${all.length - disagreements.length} of ${all.length} (${percent(agreement(all))})`,
    share('of faults', all.filter(isFault)),
    share(
      'of variants',
      all.filter((one) => !isFault(one)),
    ),
    'the same if unknown extensions pass here as they do there',
    share('of all', all.map(withAnyExtension)),
    share('of faults', all.filter(isFault).map(withAnyExtension)),
    `valid for the other: ${valid.length}, invalid: ${all.length - valid.length}`,
    `of the ${invalid.length} that both refuse, first error at the same element: ${sameFirst.length} (${percent(sameFirst.length / Math.max(invalid.length, 1))})`,
    '',
    'by kind (of mutants with two, the first): mutants, of them valid for the other, disagreements',
    ...grouped(all, ({ mutant }) => nameOf({ ...FAULTS, ...OF_GUIDES, ...VARIANTS }, mutant) ?? '').map(
      ([name, ones]) =>
        `  ${name.padEnd(20)} ${pad(ones.length)} ${pad(ones.filter(({ theirs }) => theirs.valid).length)} ${pad(ones.filter((one) => !agrees(one)).length)}`,
    ),
    '',
    'disagreements, explained',
    ...grouped(disagreements, (one) => reasonOf(one) ?? NOT_YET).map(
      ([title, ones]) => `  ${pad(ones.length)} ${title}`,
    ),
    '',
    'disagreements without an explanation, by mutation, our first code and their first message',
    ...grouped(
      disagreements.filter((one) => reasonOf(one) === undefined),
      kindOf,
    ).flatMap(([name, ones]) => [`  ${pad(ones.length)} ${name}`, ...ones.slice(0, 3).flatMap(example)]),
  ].join('\n')
}

const isSameFirst = ({ ours, theirs }: Compared): boolean =>
  isSamePlace(theirs.issues.find(refuses)?.path, ours.find(isError))

/** The kind of a mutant, by the first of its mutations. */
const nameOf = (kinds: Kinds, { mutations }: Mutant): string | undefined =>
  Object.entries(kinds).find(([, mutators]) => mutators.some(({ name }) => name === mutations[0]))?.[0]

const NOT_YET = '(not explained)'

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

const pad = (count: number): string => String(count).padStart(4)

/** The largest group first. */
function grouped<T>(all: readonly T[], nameOf: (one: T) => string): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>()
  for (const one of all) groups.set(nameOf(one), [...(groups.get(nameOf(one)) ?? []), one])
  return [...groups].sort(([, a], [, b]) => b.length - a.length)
}

function kindOf({ mutant, ours, theirs }: Compared): string {
  const refusal = theirs.issues.find(refuses)
  const theirReason = refusal
    ? `they refuse: ${refusal.id ?? shapeOf(refusal.message)}`
    : `we refuse: ${ours.find(isError)?.detail ?? ''}`
  return `${mutant.mutations.join(' + ')} | ${theirReason}`
}

// The parts that differ from case to case are in quotes.
const shapeOf = (message: string): string => message.replace(/'[^']*'/g, "'...'").slice(0, 100)

function example({ mutant, ours, theirs }: Compared): readonly string[] {
  const patch = JSON.stringify(mutant.patch)
  return [
    `         ${mutant.seed} ${patch.length > 300 ? `${patch.slice(0, 300)}...` : patch}`,
    ...ours
      .filter(isError)
      .slice(0, 2)
      .map(({ detail, expression, text }) => `           here: ${expression ?? '-'}: ${detail}: ${text.slice(0, 260)}`),
    ...theirs.issues
      .filter(refuses)
      .slice(0, 2)
      .map(({ path, id, message }) => `           other: ${path ?? '-'}: ${id ?? '-'}: ${message.slice(0, 260)}`),
  ]
}
