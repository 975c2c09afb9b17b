/** `fhirCoding`: a code of a system that is at hand is one of its codes, whatever the binding. https://hl7.org/fhir/R4/datatypes.html#Coding */
import { nearest } from '../../fhir/nearest.ts'
import type { Engine, Fault } from '../run.ts'
import { keyword } from './keyword.ts'

type Coding = { readonly system?: unknown; readonly code?: unknown }

export const fhirCoding = keyword<true>(
  'fhirCoding',
  ['object'],
  (_value, engine) =>
    (_run, { system, code }: Coding) => {
      if (typeof system !== 'string' || typeof code !== 'string') return undefined
      return engine.terminology.checkSystem(system, code) === 'out' ? [unknownCode(system, code, engine)] : undefined
    },
)

function unknownCode(system: string, code: string, engine: Engine): Fault {
  const known = [...(engine.terminology.codeSystem(system)?.concepts ?? [])].map((one) => one.code)
  const guess = nearest(code, known)
  const hint = guess ? ` Did you mean \`${guess}\`?` : ''
  return {
    code: 'code-invalid',
    below: '/code',
    text: `{at} is \`${code}\`, which is not a code of \`${system}\`.${hint}`,
  }
}
