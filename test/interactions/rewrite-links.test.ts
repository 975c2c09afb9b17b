/** Which links of a resource are replaced: by the types of elements. https://hl7.org/fhir/R4/http.html#trules */
import assert from 'node:assert/strict'
import type { Resource } from '../../server/fhir/types.ts'
import { parseJson, serialize } from '../../server/fhir/json.ts'
import { rewriteLinks } from '../../server/interactions/rewrite-links.ts'
import { createDefinitions } from '../../server/definitions/load.ts'

const OLD = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'
const NEW = 'Binary/new'

describe('interactions / rewrite links', () => {
  const { structures } = createDefinitions([])
  const rewritten = (resource: Resource) =>
    rewriteLinks(resource, structures, (link) => (link === OLD ? NEW : undefined))
  /** The resource with the marked texts replaced, and with all others as they are. */
  const check = (make: (link: string, kept: string) => Resource): void =>
    assert.deepEqual(rewritten(make(OLD, OLD)), make(NEW, OLD))

  it('replaces elements of type url and uri, whatever they are called', () => {
    check((link) => ({
      resourceType: 'Endpoint',
      status: 'active',
      address: link,
      extension: [
        { url: 'http://a.example/x', valueUri: link },
        { url: 'http://a.example/y', valueUrl: link },
      ],
    }))
    check((link) => ({ resourceType: 'MessageHeader', source: { endpoint: link }, eventUri: link }))
    check((link) => ({ resourceType: 'Provenance', policy: ['http://a.example', link], target: [{ reference: link }] }))
    check((link) => ({ resourceType: 'DocumentReference', content: [{ attachment: { url: link } }] }))
    check((link, kept) => ({ resourceType: 'CarePlan', instantiatesUri: [link], instantiatesCanonical: [kept] }))
  })

  it('leaves canonicals, identifiers, codes and texts, whatever they are called', () => {
    check((_link, kept) => ({
      resourceType: 'PlanDefinition',
      library: [kept],
      title: kept,
      identifier: [{ value: kept }],
      relatedArtifact: [{ type: 'depends-on', resource: kept }],
      action: [{ definitionCanonical: kept, description: kept }],
    }))
    check((_link, kept) => ({ resourceType: 'QuestionnaireResponse', questionnaire: kept, status: 'completed' }))
    check((_link, kept) => ({
      resourceType: 'Basic',
      extension: [{ url: 'http://a.example/x', valueCanonical: kept }],
    }))
    check((_link, kept) => ({ resourceType: 'Coverage', meta: { profile: [kept] } }))
  })

  it('leaves an oid or uuid, of which no address is a value', () => {
    check((_link, kept) => ({
      resourceType: 'Basic',
      extension: [
        { url: 'http://a.example/x', valueUuid: kept },
        { url: 'http://a.example/y', valueOid: kept },
      ],
    }))
  })

  it('replaces references wherever they are: contained, in extensions of primitives, in resources inside resources', () => {
    check((link, kept) => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        {
          fullUrl: link,
          resource: {
            resourceType: 'Patient',
            contained: [{ resourceType: 'Organization', id: 'o', partOf: { reference: link, display: kept } }],
            _birthDate: { extension: [{ url: 'http://a.example/x', valueReference: { reference: link } }] },
            name: [{ given: [kept], _given: [{ extension: [{ url: 'http://a.example/x', valueUri: link }] }] }],
          },
        },
      ],
    }))
    check((link, kept) => ({
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'a',
          part: [
            { name: 'b', valueReference: { reference: link } },
            { name: 'c', valueString: kept },
          ],
        },
      ],
    }))
    // An element that is defined by another: contentReference.
    check((link) => ({
      resourceType: 'Composition',
      section: [{ section: [{ entry: [{ reference: link }], text: { div: `<div><a href="${link}">x</a></div>` } }] }],
    }))
  })

  it('replaces the links and images of the narrative, in either quotes, and no other text of it', () => {
    check((link, kept) => ({
      resourceType: 'Patient',
      text: {
        status: 'additional',
        div:
          `<div title="${kept}"><a class="x" href="${link}">${kept}</a><a name='n' href='${link}'>x</a>` +
          `<img alt="href=" src='${link}'/><img src="${link}" alt="${kept}"/><p id="${kept}" lang="src='${kept}'">${kept}</p></div>`,
      },
    }))
  })

  it('answers the resource itself where nothing is replaced, and keeps decimals as they are written', () => {
    const resource: Resource = { resourceType: 'Patient', link: [{ other: { reference: 'Patient/1' } }] }
    assert.equal(rewritten(resource), resource)
    const text = `{"resourceType":"Observation","subject":{"reference":"${OLD}"},"valueQuantity":{"value":1.50},"component":[{"valueQuantity":{"value":0.0}}]}`
    assert.equal(serialize(rewritten(parseJson(text).value as Resource)), text.replace(OLD, NEW))
  })
})
