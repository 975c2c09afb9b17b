/** `fhirFormat`: the format of a primitive. Generates code, because every primitive has it. */
import { _, type CodeKeywordDefinition, type KeywordCxt } from 'ajv'
import { writtenAs } from '../../fhir/decimals.ts'
import { PRIMITIVE_TYPES } from '../primitive-types.ts'

export const fhirFormat = (): CodeKeywordDefinition => ({
  keyword: 'fhirFormat',
  type: ['string', 'number'],
  schemaType: 'string',
  code(cxt: KeywordCxt) {
    const { parentData, parentDataProperty } = cxt.it
    if (PRIMITIVE_TYPES[cxt.schema as string]?.json === 'integer') {
      const name = cxt.gen.scopeValue('func', { ref: isWrittenOtherwise })
      cxt.fail(_`typeof ${cxt.data} == "number" && ${name}(${parentData}, ${parentDataProperty})`)
      return
    }
    const test = PRIMITIVE_TYPES[cxt.schema as string]?.test
    if (!test) return
    const name = cxt.gen.scopeValue('func', { ref: test })
    cxt.fail(_`typeof ${cxt.data} == "string" && !${name}(${cxt.data})`)
  },
})

/** `1.0`, `1e0` and `-0` are decimals: an integer has digits and at most a minus sign. https://hl7.org/fhir/R4/datatypes.html#integer */
const isWrittenOtherwise = (holder: object, property: string | number): boolean =>
  typeof holder === 'object' && holder !== null && writtenAs(holder, property) !== undefined
