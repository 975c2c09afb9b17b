/** `fhirFormat`: the format of a primitive. Generates code, because every primitive has it. */
import { _, type CodeKeywordDefinition, type KeywordCxt } from 'ajv'
import { PRIMITIVE_TYPES } from '../primitive-types.ts'

export const fhirFormat = (): CodeKeywordDefinition => ({
  keyword: 'fhirFormat',
  type: 'string',
  schemaType: 'string',
  code(cxt: KeywordCxt) {
    const test = PRIMITIVE_TYPES[cxt.schema as string]?.test
    if (!test) return
    const name = cxt.gen.scopeValue('func', { ref: test })
    cxt.fail(_`!${name}(${cxt.data})`)
  },
})
