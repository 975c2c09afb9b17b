/** The engine: compiles the schemas of types, profiles and extensions with ajv, each on first use. https://ajv.js.org */
import { Ajv } from 'ajv'
import type { Definitions } from '../definitions/definitions.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import { compileProfile, compileType } from './compile/structure-definition.ts'
import { contextInvariantsOf } from './context-invariant.ts'
import { KEYWORDS } from './keywords/index.ts'
import { createQuickTests } from './quick/is-clean.ts'
import type { CompiledSchema, ValidationEngine, CompiledExtension } from './check-context.ts'
import { createTerminology } from '../terminology/terminology.ts'

export type EngineOptions = {
  /** The clock of `today()` and `now()` in invariants; default: the clock and time zone of the machine. */
  readonly clock?: PathClock
  /** Most steps of FHIRPath in a check of one resource. */
  readonly stepLimit?: number
}

/** Of a check that holds up nobody. */
const DEFAULT_STEP_LIMIT = 100_000_000

const createAjv = (): Ajv =>
  new Ajv({
    allErrors: true,
    strict: false,
    verbose: true,
    passContext: true,
    validateSchema: false,
    messages: false,
    addUsedSchema: false,
    logger: false,
    // Compiles twice as fast; V8 optimizes at run time.
    code: { optimize: false },
  })

/** `strict`: an unknown extension or profile is an error, whatever its url. */
export function createEngine(
  definitions: Definitions,
  strict: boolean,
  { clock, stepLimit = DEFAULT_STEP_LIMIT }: EngineOptions = {},
): ValidationEngine {
  const ajv = createAjv()
  const types = new Map<string, CompiledSchema>()
  // Unknown urls are not cached: a client may send any number of them.
  const profiles = new Map<string, CompiledSchema>()
  const extensions = new Map<string, CompiledExtension>()
  const compile = (schema: object): CompiledSchema => ajv.compile(schema) as unknown as CompiledSchema
  const engine: ValidationEngine = {
    definitions,
    terminology: createTerminology(definitions),
    strict,
    clock,
    stepLimit,
    compile,
    isDefined: (canonical) => definitions.structures.find(canonical) !== undefined,
    typeSchema(name) {
      let type = types.get(name)
      if (!type) types.set(name, (type = compile(compileType(name, definitions.structures))))
      return type
    },
    profileSchema(url) {
      const compiled = profiles.get(url) ?? compileProfileSchema(url)
      if (compiled) profiles.set(url, compiled)
      return compiled
    },
    quickTest: (type, profiles) => quick(type, profiles),
    extension(url) {
      const compiled = extensions.get(url) ?? compileExtension(url)
      if (compiled) extensions.set(url, compiled)
      return compiled
    },
  }
  const quick = createQuickTests(engine)
  const compileExtension = (url: string): CompiledExtension | undefined => {
    const { structures } = definitions
    const definition = structures.find(url)
    const check = definition?.type === 'Extension' ? engine.profileSchema(url) : undefined
    return (
      check && {
        schema: check,
        isModifier: structures.tree(url).element.isModifier === true,
        contexts: definition?.context ?? [],
        contextInvariants: contextInvariantsOf(url, definition?.contextInvariant),
      }
    )
  }
  const compileProfileSchema = (url: string): CompiledSchema | undefined =>
    definitions.structures.find(url) ? compile(compileProfile(url, definitions.structures)) : undefined
  for (const keyword of KEYWORDS) ajv.addKeyword(keyword(engine))
  return engine
}
