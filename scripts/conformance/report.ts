/** The figures of a conformance run, in words. */
import type { Issue } from '../../server/fhir/outcome.ts'
import { isError } from '../../server/fhir/outcome.ts'
import type { Case, ReferenceIssue } from './cases.ts'
import { isSamePlace } from './first.ts'

export type Result = { readonly one: Case; readonly issues: readonly Issue[]; readonly faults: readonly string[] }

const refuses = ({ severity }: { severity: string }): boolean => severity === 'error' || severity === 'fatal'

const agrees = ({ one, issues }: Result): boolean => issues.some(isError) !== one.expected.valid

/** Agreement by module, the rate of the same first expression, and each disagreement with both reasons. */
export function report(results: readonly Result[]): string {
  const both = results.filter((one) => !one.one.expected.valid && agrees(one))
  const first = both.filter(({ one, issues }) => sameFirst(one.expected.issues, issues))
  const invalid = results.filter((one) => !one.one.expected.valid)
  return [
    'valid or invalid, by module',
    ...byModule(results),
    line('all', results),
    '',
    `same first failing expression: ${first.length} of the ${invalid.length} that are invalid (${percent(first.length, invalid.length)})`,
    '',
    'disagreements',
    ...results.filter((one) => !agrees(one)).flatMap(disagreement),
    '',
    'another first expression',
    ...both.filter((one) => !first.includes(one)).flatMap(otherFirst),
  ].join('\n')
}

function byModule(results: readonly Result[]): readonly string[] {
  const modules = [...new Set(results.map(({ one }) => one.module))].sort()
  return modules.map((module) =>
    line(
      module,
      results.filter(({ one }) => one.module === module),
    ),
  )
}

const line = (name: string, results: readonly Result[]): string =>
  `  ${name.padEnd(14)} ${results.filter(agrees).length} of ${results.length}`

const percent = (part: number, whole: number): string => `${Math.round((100 * part) / Math.max(whole, 1))} %`

function disagreement({ one, issues, faults }: Result): readonly string[] {
  const theirs = one.expected.issues.filter(refuses)
  const ours = issues.filter(isError)
  return [
    `  ${one.id} (${one.module}): by the reference ${one.expected.valid ? 'valid' : 'invalid'}`,
    ...theirs.slice(0, 3).map((issue) => `    reference: ${issue.expression ?? '-'}: ${issue.text.slice(0, 220)}`),
    ...ours
      .slice(0, 3)
      .map((issue) => `    here: ${issue.expression ?? '-'}: ${issue.detail}: ${issue.text.slice(0, 220)}`),
    ...faults.map((fault) => `    not loaded: ${fault.slice(0, 220)}`),
  ]
}

function otherFirst({ one, issues }: Result): readonly string[] {
  const [theirs, ours] = [one.expected.issues.find(refuses), issues.find(isError)]
  return [
    `  ${one.id}: reference ${theirs?.expression ?? '-'}: ${theirs?.text.slice(0, 120)}`,
    `    here ${ours?.expression ?? '-'}: ${ours?.detail}`,
  ]
}

const sameFirst = (theirs: readonly ReferenceIssue[], ours: readonly Issue[]): boolean =>
  isSamePlace(theirs.find(refuses)?.expression, ours.find(isError))
