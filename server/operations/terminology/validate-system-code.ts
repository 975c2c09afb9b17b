/** CodeSystem/$validate-code: is a code one of a system's? https://hl7.org/fhir/R4/codesystem-operation-validate-code.html */
import { readParameters, type Declared } from '../../fhir/parameters.ts'
import { displaysOf } from '../../terminology/concept.ts'
import { matchesVersion } from '../../terminology/versions.ts'
import type { Operation } from '../operation.ts'
import { requestedCodes } from './find-definition.ts'
import type { TerminologyNeeds } from './needs.ts'
import { findCodeSystem } from './find-code-system.ts'
import { validateCodeReply, type CodeValidation } from './validate-code-reply.ts'

const PARAMETERS: readonly Declared[] = [
  { name: 'url', min: 0, max: '1', type: 'uri' },
  { name: 'codeSystem', min: 0, max: '1', type: 'CodeSystem' },
  { name: 'code', min: 0, max: '1', type: 'code' },
  { name: 'version', min: 0, max: '1', type: 'string' },
  { name: 'display', min: 0, max: '1', type: 'string' },
  { name: 'coding', min: 0, max: '1', type: 'Coding' },
  { name: 'codeableConcept', min: 0, max: '1', type: 'CodeableConcept' },
]

export const validateSystemCode = (needs: TerminologyNeeds): Operation => ({
  name: 'validate-code',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code',
  levels: ['type', 'instance'],
  types: ['CodeSystem'],
  affectsState: false,
  async run(call) {
    const values = readParameters(PARAMETERS, call)
    const { codeSystem: given, url, version } = values
    const { url: system, codes } = await findCodeSystem(needs, call, { resource: given, url, version })
    const requested = requestedCodes(values, { version: 'version', system })
    const checked = requested.map((one): CodeValidation => {
      const concept = codes.concept(one.code)
      const displays = concept ? displaysOf(concept) : []
      if (one.system !== system) return { code: one, membership: 'out', displays: [] }
      return {
        code: one,
        membership: matchesVersion(one.version, codes.version) ? codes.has(one.code) : 'unknown',
        displays,
      }
    })
    return validateCodeReply(checked, `the code system \`${system}\``)
  },
})
