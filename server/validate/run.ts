/** What keywords see of the check that is under way, and how they tell what they found. */
import type { ErrorObject } from 'ajv'
import type { ErrorCode, Severity } from '../fhir/outcome.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import type { Context } from './contexts.ts'
import type { Test } from './quick/test.ts'
import { find } from './resolve.ts'
import type { Terminology } from '../terminology/terminology.ts'
import type { Xhtml } from './xhtml.ts'

/** A compiled schema, called as ajv calls its own. */
export type Compiled = ((this: Run, data: unknown, at: DataAt) => boolean) & { errors?: ErrorObject[] | null }

/** Where the data stands: what ajv tells a keyword. */
export type DataAt = {
  readonly instancePath: string
  readonly parentData: unknown
  readonly parentDataProperty: string | number
  readonly rootData: unknown
}

/** The parts that keywords need; one for the life of a validator. */
export type Engine = {
  readonly definitions: Definitions
  readonly terminology: Terminology
  readonly strict: boolean
  /** What `today()` and `now()` in rules go by. */
  readonly clock?: PathClock
  /** The schema of a shape (`HumanName`, `Patient.contact`), compiled when first asked for. */
  shape(name: string): Compiled
  /** Is there a StructureDefinition of this canonical url? */
  knows(canonical: string): boolean
  /** What a profile adds; undefined when no such StructureDefinition is known. */
  profile(url: string): Compiled | undefined
  /** An extension by its url; undefined when it is not known. */
  extension(url: string): KnownExtension | undefined
  /** Whether there is nothing to tell of a resource of the type that is to meet the profiles (see quick/test.ts). */
  quick(type: string, profiles: readonly string[]): Test
  /** A schema inside another, such as a slice's. */
  inner(schema: object): Compiled
}

export type KnownExtension = {
  readonly check: Compiled
  readonly modifies: boolean
  readonly contexts: readonly Context[]
  /** In FHIRPath, on the element that holds it. */
  readonly conditions: readonly string[]
}

/** One check: of a resource, or of a resource inside it. */
export type Run = {
  readonly engine: Engine
  /** The resource that holds the data: `%resource`. */
  readonly resource: Record<string, unknown>
  /** The resource that contains it; itself when none does. */
  readonly container: Record<string, unknown>
  /** The outermost: a Bundle, or the container. */
  readonly root: Record<string, unknown>
  /** `%rootResource` and `resolve()`: a run is what FHIRPath looks at, too. */
  readonly rootResource: Record<string, unknown>
  readonly resolve: (reference: string) => unknown
  readonly clock?: PathClock
  /** The ids of elements met so far, and the elements. */
  readonly ids: Map<string, unknown>
  /** What is looked up once in a check, for the outermost resource. */
  readonly shared: Shared
}

export type Shared = {
  /** Every id in the outermost resource and its narratives. */
  places?: ReadonlySet<string>
  /** The narratives read so far, by their text. */
  narratives?: Map<string, Xhtml>
  /** By what contains them: the first contained resource of each id. */
  contained?: Map<unknown, ReadonlyMap<unknown, unknown>>
  /** How many faults were told with a guess of what was meant. */
  guesses?: number
}

type Resource = Record<string, unknown>

/** A class, because a check makes one for each resource: what is seldom asked for is made when it is. */
class CheckRun implements Run {
  readonly engine: Engine
  readonly resource: Resource
  readonly container: Resource
  readonly root: Resource
  readonly rootResource: Resource
  readonly shared: Shared
  #ids: Map<string, unknown> | undefined
  #resolve: ((reference: string) => unknown) | undefined

  constructor(outer: Pick<Run, 'engine' | 'root' | 'shared'>, resource: Resource, container: Resource) {
    this.engine = outer.engine
    this.resource = resource
    this.container = container
    this.root = outer.root
    this.rootResource = container
    this.shared = outer.shared
  }

  get clock(): PathClock | undefined {
    return this.engine.clock
  }

  get ids(): Map<string, unknown> {
    return (this.#ids ??= new Map())
  }

  get resolve(): (reference: string) => unknown {
    return (this.#resolve ??= (reference) => find(reference, this))
  }
}

/** A run for a resource; inside another one, which is its container when it is contained in it. */
export const createRun = (engine: Engine, resource: Resource, container: Resource, root: Resource): Run =>
  new CheckRun({ engine, root, shared: {} }, resource, container)

/** The run for a resource inside the one that is checked; both share what is looked up once. */
export const innerRun = (outer: Run, resource: Resource, container: Resource): Run =>
  new CheckRun(outer, resource, container)

/** Guesses of what was meant take time: whoever makes more faults than this finds the first of them explained. */
const MOST_GUESSES = 100

/** The guess, while there were few in this check. */
export function guessed({ shared }: Pick<Run, 'shared'>, guess: () => string): string {
  shared.guesses = (shared.guesses ?? 0) + 1
  return shared.guesses > MOST_GUESSES ? '' : guess()
}

/** Something found. `{at}` in the text stands for the element's FHIRPath. */
export type Violation = {
  readonly detail: ErrorCode
  readonly text: string
  readonly severity?: Severity
  /** Below the data: `/coding/0`. */
  readonly below?: string
  /** The key of the rule that is broken. */
  readonly rule?: string
  /** A list is longer than this: what is wrong with the items beyond does not matter. */
  readonly limit?: number
  /** The rule could not be evaluated, perhaps only because of other faults. */
  readonly unsure?: true
}

/** A fault as an error of ajv. */
export function errorOf(keyword: string, violation: Violation, at: DataAt): ErrorObject {
  return {
    keyword,
    instancePath: at.instancePath + (violation.below ?? ''),
    schemaPath: '',
    params: violation,
    message: violation.text,
  }
}

/** Calls a compiled schema; answers its errors. */
export function errorsOf(compiled: Compiled, run: Run, data: unknown, at: DataAt): readonly ErrorObject[] {
  return compiled.call(run, data, at) ? [] : (compiled.errors ?? [])
}
