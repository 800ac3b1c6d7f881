//! Which synsets are too general to say what a picture shows.

/// In the order of their wnids.
///
/// The first part is WordNet's own upper ontology, the lexicographers' file noun.Tops, without what
/// people do answer when they are asked what a thing is: animal, plant, person, food, nutrient, cell,
/// benthos and heterotroph. The second part stands right below and is as general by its place in the
/// tree (instrumentality has a third of ImageNet's classes) or says what a thing is to trade or to
/// grammar and not what it looks like (commodity, part). Chosen by reading all synsets with more than
/// forty of ImageNet-21k's classes below them; mammal, vertebrate, device, container, covering,
/// structure, equipment and conveyance stay.
const SILENT: &[&str] = &[
    "n00001740", // entity
    "n00001930", // physical entity
    "n00002137", // abstraction
    "n00002452", // thing
    "n00002684", // object
    "n00003553", // whole
    "n00004258", // living thing
    "n00004475", // organism
    "n00007347", // causal agent
    "n00019128", // natural object
    "n00019613", // substance, as a part
    "n00020090", // substance, as matter
    "n00020827", // matter
    "n00021939", // artifact
    "n00022903", // article
    "n00023100", // psychological feature
    "n00023271", // cognition
    "n00024264", // attribute
    "n00024720", // state
    "n00027167", // location
    "n00027807", // shape
    "n00029378", // event
    "n00029677", // process
    "n00030358", // act
    "n00031264", // group
    "n00031921", // relation
    "n00032613", // possession
    "n00033020", // communication
    "n00033615", // measure
    "n00034213", // phenomenon
    "n00407535", // activity
    "n03076708", // commodity
    "n03093574", // consumer goods
    "n03575240", // instrumentality
    "n03892891", // part, of an object
    "n04916342", // property
    "n13809207", // part, in relation to a whole
    "n14778436", // agent
    "n15046900", // solid
];

/// Whether it says nothing.
pub(super) fn is_silent(wnid: &str) -> bool {
    SILENT.binary_search(&wnid).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::wordnet::WordNet;
    use super::*;

    #[test]
    fn all_are_in_the_table_and_in_order() {
        assert!(SILENT.is_sorted());
        for wnid in SILENT {
            assert!(WordNet::get().find(wnid).is_some(), "{wnid}");
        }
    }
}
