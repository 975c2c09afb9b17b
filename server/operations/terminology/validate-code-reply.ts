/** The answer of `$validate-code`, for value sets and code systems. https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { refuse } from '../../fhir/outcome.ts'
import { buildParameters, value } from '../../fhir/parameters.ts'
import type { Reply } from '../../interactions/call.ts'
import type { CodeMembership } from '../../terminology/code-system.ts'
import { isDisplay } from '../../terminology/concept.ts'
import type { RequestedCode } from './find-definition.ts'

/** The result for one code. */
export type CodeValidation = {
  readonly code: RequestedCode
  readonly membership: CodeMembership
  /** Why a member of the value set may not be used. */
  readonly objection?: string
  /** The valid displays, the preferred one first. */
  readonly displays: readonly string[]
}

/**
 * True when one of the codes is valid. `where` names the code system or value set.
 * Errors: `code-unchecked` when no code is valid and one could not be checked.
 */
export function validateCodeReply(checked: readonly CodeValidation[], where: string): Reply {
  const valid = checked.find((one) => one.membership === 'in' && one.objection === undefined)
  if (!valid && checked.some(({ membership }) => membership === 'unknown')) {
    throw refuse(
      'code-unchecked',
      `${list(checked)} could not be checked against ${where}: a part of its definition is not available here.`,
    )
  }
  const message = valid ? displayMessage(valid) : notMemberMessage(checked, where)
  const [display] = (valid ?? checked[0])?.displays ?? []
  return {
    status: 200,
    resource: buildParameters([
      value('result', 'boolean', message === undefined),
      ...(message === undefined ? [] : [value('message', 'string', message)]),
      ...(display === undefined ? [] : [value('display', 'string', display)]),
    ]),
  }
}

function displayMessage({ code: requested, displays }: CodeValidation): string | undefined {
  if (requested.display === undefined || isDisplay(requested.display, displays)) return undefined
  return `The display \`${requested.display}\` is not one of the code \`${requested.code}\`; it means ${displays.map((one) => `\`${one}\``).join(' or ')}.`
}

function notMemberMessage(checked: readonly CodeValidation[], where: string): string {
  const objection = checked.find((one) => one.objection !== undefined)?.objection
  return objection ?? `${list(checked)} is not in ${where}.`
}

const list = (checked: readonly CodeValidation[]): string =>
  checked
    .map(
      ({ code: requested }) => `\`${requested.system === undefined ? '' : `${requested.system}|`}${requested.code}\``,
    )
    .join(', ')
