/** The elements of Questionnaire and QuestionnaireResponse that the checks read. https://hl7.org/fhir/R4/questionnaire.html */
import type { JsonObject } from '../../fhir/types.ts'

export type Question = JsonObject & {
  readonly linkId?: string
  readonly text?: string
  readonly type?: string
  readonly required?: boolean
  readonly repeats?: boolean
  readonly maxLength?: number
  readonly answerOption?: readonly JsonObject[]
  readonly answerValueSet?: string
  readonly enableWhen?: readonly EnableWhen[]
  readonly enableBehavior?: 'all' | 'any'
  readonly item?: readonly Question[]
}

export type EnableWhen = JsonObject & { readonly question?: string; readonly operator?: string }

export type ResponseAnswer = JsonObject & { readonly item?: readonly ResponseItem[] }
export type ResponseItem = JsonObject & {
  readonly linkId?: string
  readonly answer?: readonly ResponseAnswer[]
  readonly item?: readonly ResponseItem[]
}

/** The property that holds a `value[x]`, whatever its type. */
export function valueKey(holder: JsonObject, name = 'value'): string | undefined {
  return Object.keys(holder).find((key) => key.startsWith(name) && key.length > name.length)
}

/** The objects of a list; anything else is an issue of the type and left out here. */
export function objects<T extends JsonObject>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value.filter(isObject<T>) : []
}

const isObject = <T extends JsonObject>(value: unknown): value is T => typeof value === 'object' && value !== null

const HL7_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/'

/**
 * The values of an extension, by its url or by the last part of a url of R4. https://hl7.org/fhir/R4/questionnaire-profiles.html
 */
export function extensionValues(holder: JsonObject, name: string): readonly unknown[] {
  const url = name.includes(':') ? name : HL7_EXTENSION + name
  return objects(holder.extension).flatMap((one) => {
    const key = one.url === url ? valueKey(one) : undefined
    return key === undefined ? [] : [one[key]]
  })
}

/** The value of an extension, where it is a number. */
export function extensionNumber(holder: JsonObject, name: string): number | undefined {
  const [value] = extensionValues(holder, name)
  return typeof value === 'number' ? value : undefined
}
