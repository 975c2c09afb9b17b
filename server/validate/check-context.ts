/** Types of a check: what it is about, the engine that checks, and a compiled schema. Only types, so that any file may import it. */
import type { ErrorObject } from 'ajv'
import type { Definitions } from '../definitions/definitions.ts'
import type { JsonObject } from '../fhir/types.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import type { Steps } from '../fhirpath/steps.ts'
import type { Terminology } from '../terminology/terminology.ts'
import type { Xhtml } from './xhtml.ts'

/** A compiled schema, called as ajv calls its own. */
export type CompiledSchema = ((this: CheckContext, data: unknown, at: DataPosition) => boolean) & {
  errors?: ErrorObject[] | null
}

/** The position of a value: what ajv passes to a keyword. https://ajv.js.org/keywords.html */
export type DataPosition = {
  readonly instancePath: string
  readonly parentData: unknown
  readonly parentDataProperty: string | number
  readonly rootData: unknown
}

/**
 * A test of the quick pass (quick/quick-test.ts). True: the value has no issue. `holder` is the object that the value is
 * a property of, directly or as an item of a list.
 */
export type QuickTest = (value: unknown, context: CheckContext, holder: JsonObject) => boolean

/** Definitions, terminology and compiled schemas; one for the life of a validator. */
export type ValidationEngine = {
  readonly definitions: Definitions
  readonly terminology: Terminology
  /** An unknown extension or profile is an error, whatever its url. */
  readonly strict: boolean
  /** The clock of `today()` and `now()` in invariants. */
  readonly clock?: PathClock
  /** Most steps of FHIRPath in a check (fhirpath/steps.ts). */
  readonly stepLimit: number
  /** The schema of a type (`HumanName`) or of an element with children (`Patient.contact`), compiled when first needed. */
  typeSchema(name: string): CompiledSchema
  /** Is there a StructureDefinition of this canonical url? */
  isDefined(canonical: string): boolean
  /** What a profile adds to its type; undefined without a StructureDefinition of this url. */
  profileSchema(url: string): CompiledSchema | undefined
  /** The definition of an extension; undefined without one of this url. */
  extension(url: string): CompiledExtension | undefined
  /** Tests whether a resource of the type has no issue against the profiles (quick/quick-test.ts). */
  quickTest(type: string, profiles: readonly string[]): QuickTest
  /** Compiles a schema inside another one, such as that of a slice. */
  compile(schema: object): CompiledSchema
}

/** https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.context */
export type ExtensionContext = { readonly type: string; readonly expression: string }

export type CompiledExtension = {
  readonly schema: CompiledSchema
  readonly isModifier: boolean
  readonly contexts: readonly ExtensionContext[]
  /** In FHIRPath, evaluated on the element that holds the extension. */
  readonly contextInvariants: readonly string[]
}

/** One resource under check, and the resources around it. FHIRPath reads its environment from it, too. */
export type CheckContext = {
  readonly engine: ValidationEngine
  /** The resource that holds the data: `%resource`. */
  readonly resource: JsonObject
  /** The resource that contains it; itself when none does. */
  readonly container: JsonObject
  /** The outermost resource: a Bundle, or the container. */
  readonly root: JsonObject
  /** `%rootResource`: the container. */
  readonly rootResource: JsonObject
  /** `resolve()`, for contained resources and entries of the same Bundle. */
  readonly resolve: (reference: string) => unknown
  readonly clock?: PathClock
  /** What the rules of one check may do together. */
  readonly steps: Steps
  /** The ids of elements found so far, and the elements. */
  readonly ids: Map<string, unknown>
  /** Shared by all contexts of one check. */
  readonly cache: CheckCache
}

/** Results that several rules of one check need, by the outermost resource. */
export type CheckCache = {
  /** Every id in the outermost resource and in its narratives. */
  anchors?: ReadonlySet<string>
  /** Parsed narratives, by their text. */
  narratives?: Map<string, Xhtml>
  /** By container: the first contained resource of each id. */
  contained?: Map<unknown, ReadonlyMap<unknown, unknown>>
  /** The number of suggestions ("Did you mean ...?") made so far. */
  suggestions?: number
  steps?: Steps
}
