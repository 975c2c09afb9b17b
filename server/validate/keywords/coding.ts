/** `fhirCoding`: a code exists in its system, if the system is defined here, whatever the binding; its display is right. https://hl7.org/fhir/R4/datatypes.html#Coding */
import { nearest } from '../../fhir/nearest.ts'
import type { ValidationEngine } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import { isDisplay } from '../../terminology/concept.ts'
import type { UncheckedCoding } from '../unchecked.ts'
import { keyword } from './keyword.ts'

export const fhirCoding = keyword<true>(
  'fhirCoding',
  ['object'],
  (_value, engine) =>
    (_context, { system, version, code, display }: UncheckedCoding) => {
      if (typeof system !== 'string') return undefined
      const codeSystem = engine.terminology.codeSystem(system)
      if (codeSystem?.content === 'supplement') return [systemIsSupplement(system)]
      if (!codeSystem && engine.terminology.find(system, 'ValueSet')) return [systemIsValueSet(system)]
      if (!codeSystem || typeof code !== 'string') return undefined
      const membership = engine.terminology.checkSystem(system, code, typeof version === 'string' ? version : undefined)
      if (membership === 'out') return [unknownCode(system, code, engine)]
      if (membership === 'unknown' || typeof display !== 'string') return undefined
      const other = codeSystem.codeOfName?.(display)
      if (other !== undefined && !isSame(code, other)) return [displayOfOtherCode(display, code, other)]
      const displays = engine.terminology.displays(system, code)
      return isDisplay(display, displays) ? undefined : [wrongDisplay(display, code, displays)]
    },
)

function unknownCode(system: string, code: string, engine: ValidationEngine): Violation {
  const codeSystem = [...(engine.terminology.codeSystem(system)?.concepts ?? [])].map((one) => one.code)
  const suggested = nearest(code, codeSystem)
  const hint = suggested ? ` Did you mean \`${suggested}\`?` : ''
  return {
    detail: 'code-invalid',
    below: '/code',
    text: `{at} is \`${code}\`, which is not a code of \`${system}\`.${hint}`,
  }
}

/** https://hl7.org/fhir/R4/codesystem.html#supplements */
function systemIsSupplement(system: string): Violation {
  const text = `{at} is \`${system}\`, which is a supplement. Name the code system that it extends.`
  return { detail: 'code-invalid', below: '/system', text }
}

/** "The identification of the code system that defines the meaning". https://hl7.org/fhir/R4/datatypes-definitions.html#Coding.system */
function systemIsValueSet(system: string): Violation {
  const text = `{at} is \`${system}\`, which is a value set. Name the code system that defines the code.`
  return { detail: 'code-unexpected', severity: 'warning', below: '/system', text }
}

/** https://hl7.org/fhir/R4/datatypes-definitions.html#Coding.display */
function wrongDisplay(display: string, code: string, displays: readonly string[]): Violation {
  const right = displays.map((one) => `\`${one}\``).join(' or ')
  return {
    detail: 'code-display',
    below: '/display',
    text: `{at} is \`${display}\`, but the code \`${code}\` means ${right}.`,
  }
}

/** A language name belongs to the primary subtag: `en` of `en-US`. */
const isSame = (code: string, other: string): boolean => code.split('-')[0]?.toLowerCase() === other.toLowerCase()

function displayOfOtherCode(display: string, code: string, other: string): Violation {
  const text = `{at} is \`${display}\`, which is the name of \`${other}\`, not of \`${code}\`.`
  return { detail: 'code-display', below: '/display', text }
}
