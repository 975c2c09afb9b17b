/** The answer of `$validate-code`, for value sets and code systems. https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { refuse } from '../../fhir/outcome.ts'
import { buildParameters, value } from '../../fhir/parameters.ts'
import type { Reply } from '../../interactions/call.ts'
import type { Verdict } from '../../terminology/code-system.ts'
import { isDisplay } from '../../terminology/concept.ts'
import type { Code } from './definition.ts'

/** What is known of one code. */
export type Checked = {
  readonly asked: Code
  readonly verdict: Verdict
  /** Why a code that is there may still not be used. */
  readonly against?: string
  /** The displays that say it rightly, the preferred one first. */
  readonly displays: readonly string[]
}

/**
 * Any of the codes may be right. `where` names the code system or value set.
 * Errors: `code-unchecked` when none is right and one could not be checked.
 */
export function verdictReply(checked: readonly Checked[], where: string): Reply {
  const right = checked.find((one) => one.verdict === 'in' && one.against === undefined)
  if (!right && checked.some(({ verdict }) => verdict === 'unknown')) {
    throw refuse(
      'code-unchecked',
      `${list(checked)} could not be checked against ${where}: what tells is not at hand here.`,
    )
  }
  const message = right ? displayFault(right) : notThere(checked, where)
  const [display] = (right ?? checked[0])?.displays ?? []
  return {
    status: 200,
    resource: buildParameters([
      value('result', 'boolean', message === undefined),
      ...(message === undefined ? [] : [value('message', 'string', message)]),
      ...(display === undefined ? [] : [value('display', 'string', display)]),
    ]),
  }
}

function displayFault({ asked, displays }: Checked): string | undefined {
  if (asked.display === undefined || isDisplay(asked.display, displays)) return undefined
  return `The display \`${asked.display}\` is none of the code \`${asked.code}\`; it means ${displays.map((one) => `\`${one}\``).join(' or ')}.`
}

function notThere(checked: readonly Checked[], where: string): string {
  const against = checked.find((one) => one.against !== undefined)?.against
  return against ?? `${list(checked)} is not in ${where}.`
}

const list = (checked: readonly Checked[]): string =>
  checked.map(({ asked }) => `\`${asked.system === undefined ? '' : `${asked.system}|`}${asked.code}\``).join(', ')
