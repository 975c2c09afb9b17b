/** A number of a definition with its type and its text: `1.50` stays `1.50`. https://hl7.org/fhir/R4/datatypes.html#decimal */
import { remember, writtenAs } from '../fhir/decimals.ts'
import type { JsonObject } from '../fhir/types.ts'

export class WrittenNumber {
  /** `valueDecimal` or `valueInteger`. */
  readonly key: string
  readonly value: number
  readonly text: string

  constructor(container: object, key: string, value: number) {
    this.key = key
    this.value = value
    this.text = writtenAs(container, key) ?? String(value)
  }

  /** As a parameter of an answer, which is serialized with the text. */
  parameter(name: string): JsonObject {
    const parameter = { name, [this.key]: this.value }
    if (this.text !== String(this.value)) remember(parameter, this.key, this.text)
    return parameter
  }

  toString(): string {
    return this.text
  }
}
