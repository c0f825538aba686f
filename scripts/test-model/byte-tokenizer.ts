/**
 * The tokenizer of the test models: one token per UTF-8 byte after NFKC, so no text in any language is unknown.
 * Ids: `<pad>` 0, `<s>` 1, `</s>` 2, `<unk>` 3, then 4 + the byte. The files are those of the `tokenizers` library.
 */
export const tokenIds = { pad: 0, begin: 1, end: 2, unknown: 3, firstByte: 4 } as const;
export const vocabularySize = tokenIds.firstByte + 256;
export const maxTokens = 512;

const specialTokens = { '<pad>': tokenIds.pad, '<s>': tokenIds.begin, '</s>': tokenIds.end, '<unk>': tokenIds.unknown };

export function tokenizerJson(): object {
  const sequence = (id: 'A' | 'B') => ({ Sequence: { id, type_id: 0 } });
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const single = [special('<s>'), sequence('A'), special('</s>')];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.entries(specialTokens).map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'NFKC' },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, sequence('B'), special('</s>')],
      special_tokens: Object.fromEntries(
        (['<s>', '</s>'] as const).map((id) => [id, { id, ids: [specialTokens[id]], tokens: [id] }]),
      ),
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: { ...specialTokens, ...byteVocabulary() },
      merges: [],
    },
  };
}

export function tokenizerConfig(): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: maxTokens,
    pad_token: '<pad>',
    bos_token: '<s>',
    eos_token: '</s>',
    cls_token: '<s>',
    sep_token: '</s>',
    unk_token: '<unk>',
    model_input_names: ['input_ids', 'attention_mask'],
    clean_up_tokenization_spaces: false,
  };
}

/** GPT-2's byte-to-unicode map: printable bytes stand for themselves, the others for characters from U+0100 on. */
function byteVocabulary(): Record<string, number> {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  const entries: [string, number][] = [];
  for (let byte = 0; byte < 256; byte++) {
    entries.push([String.fromCodePoint(printable(byte) ? byte : next++), tokenIds.firstByte + byte]);
  }
  return Object.fromEntries(entries);
}
