/** The `size` of an Attachment is that of its `data`. https://hl7.org/fhir/R4/datatypes-definitions.html#Attachment.size */
import type { SpecificationRule } from './specification-rule.ts'

export const attachmentSize: SpecificationRule = ({ data, size }) => {
  if (typeof data !== 'string' || typeof size !== 'number') return []
  const bytes = Buffer.byteLength(data.replace(/\s+/g, ''), 'base64')
  if (bytes === size) return []
  return [
    { detail: 'value-conflict', text: `{at} has a \`size\` of \`${size}\`, but its \`data\` has ${bytes} bytes.` },
  ]
}
