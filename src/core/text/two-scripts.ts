/**
 * Words that people write in kanji and in kana alike, 熊 and クマ and くま: no rule leads from one to the other, so the common
 * ones are listed. A kanji by itself counts only outside of compounds (熊本 is no bear), and hiragana only where a word can
 * begin and end. Each word becomes one more term, in whichever script it stands.
 *
 * Animals, plants, food, and everyday words whose reading is not that of another common word. Where the hiragana would stand in
 * the middle of other words or be their ending, a `~` keeps it out.
 */
import { foldSpelling } from './spellings.ts';

const list = `
  熊:くま 犬:いぬ 猫:ねこ 猿:さる~ 狐:きつね 狸:たぬき 兎:うさぎ 鼠:ねずみ 象:ぞう~ 虎:とら~ 豹:ひょう~ 狼:おおかみ 猪:いのしし 豚:ぶた
  牛:うし~ 馬:うま~ 羊:ひつじ 山羊:やぎ 鹿:しか~ 鯨:くじら 海豚:いるか~ 亀:かめ~ 蛙:かえる~ 蛇:へび 蜥蜴:とかげ 鰐:わに~ 栗鼠:りす~
  烏:からす 鴉:からす 雀:すずめ 燕:つばめ 鳩:はと~ 鶴:つる~ 鷹:たか~ 鷲:わし~ 梟:ふくろう 鴨:かも~ 鶏:にわとり 雉:きじ~ 鶯:うぐいす
  蝶:ちょう~ 蜂:はち~ 蟻:あり~ 蝉:せみ~ 蜻蛉:とんぼ 蛍:ほたる 蜘蛛:くも~ 蚊:か~ 甲虫:かぶとむし 蝸牛:かたつむり 百足:むかで 蝙蝠:こうもり
  河豚:ふぐ 鮪:まぐろ 鮭:さけ~ 鮭:しゃけ 鯖:さば~ 鰯:いわし 秋刀魚:さんま 鯛:たい~ 鰤:ぶり~ 鱈:たら~ 鰹:かつお 鰻:うなぎ 穴子:あなご
  鯵:あじ~ 鯉:こい~ 鮎:あゆ~ 烏賊:いか~ 蛸:たこ~ 海老:えび 蟹:かに~ 帆立:ほたて 浅蜊:あさり 牡蠣:かき~ 雲丹:うに~ 昆布:こんぶ
  若布:わかめ 海苔:のり~ 苺:いちご 林檎:りんご 蜜柑:みかん 葡萄:ぶどう 桃:もも~ 梨:なし~ 柿:かき~ 栗:くり~ 檸檬:れもん 西瓜:すいか
  枇杷:びわ~ 無花果:いちじく 柚子:ゆず 桜:さくら 梅:うめ~ 松:まつ~ 杉:すぎ~ 檜:ひのき 楓:かえで 銀杏:いちょう 薔薇:ばら~ 百合:ゆり~
  菫:すみれ 蒲公英:たんぽぽ 向日葵:ひまわり 紫陽花:あじさい 椿:つばき 躑躅:つつじ 菖蒲:しょうぶ~ 蓮:はす~ 朝顔:あさがお 秋桜:こすもす 牡丹:ぼたん
  薄荷:はっか 笹:ささ~ 苔:こけ~ 茸:きのこ 椎茸:しいたけ 松茸:まつたけ 人参:にんじん 玉葱:たまねぎ 玉ねぎ:たまねぎ 葱:ねぎ~ 大蒜:にんにく
  生姜:しょうが~ 胡瓜:きゅうり 茄子:なす~ 南瓜:かぼちゃ 牛蒡:ごぼう 蓮根:れんこん 胡麻:ごま~ 小豆:あずき 蜂蜜:はちみつ 胡椒:こしょう
  唐辛子:とうがらし 山葵:わさび 大根:だいこん 筍:たけのこ 蕪:かぶ~ 芋:いも~ 薩摩芋:さつまいも 里芋:さといも 馬鈴薯:じゃがいも 山椒:さんしょう
  紫蘇:しそ~ 茗荷:みょうが 韮:にら~ 卵:たまご 玉子:たまご 豆腐:とうふ 納豆:なっとう 味噌:みそ~ 醤油:しょうゆ 蕎麦:そば~ 饂飩:うどん
  餃子:ぎょうざ 焼売:しゅうまい 寿司:すし~ 鮨:すし~ 天麩羅:てんぷら 煎餅:せんべい 饅頭:まんじゅう 団子:だんご 餅:もち~ 飴:あめ~ 珈琲:こーひー
  麦酒:びーる 煙草:たばこ 硝子:がらす 鞄:かばん 鋏:はさみ 箸:はし~ 蝋燭:ろうそく 眼鏡:めがね 合羽:かっぱ 釦:ぼたん 絨毯:じゅうたん 鍵:かぎ~
  傘:かさ~ 靴:くつ~ 椅子:いす~ 机:つくえ 布団:ふとん 枕:まくら 鏡:かがみ 玩具:おもちゃ 財布:さいふ 手紙:てがみ 子供:こども 子ども:こども
  友達:ともだち 友だち:ともだち 一人:ひとり 二人:ふたり 大人:おとな~ 怪我:けが~ 風邪:かぜ~ 喧嘩:けんか 綺麗:きれい 奇麗:きれい 美味しい:おいしい
  嬉しい:うれしい 一つ:ひとつ 二つ:ふたつ 三つ:みっつ 四つ:よっつ 五つ:いつつ 六つ:むっつ 七つ:ななつ 八つ:やっつ 九つ:ここのつ 挨拶:あいさつ
  咳:せき~ 痒み:かゆみ 癌:がん~ 喘息:ぜんそく 蕁麻疹:じんましん 火傷:やけど~ 痣:あざ~ 埃:ほこり~ 鼾:いびき 眩暈:めまい 目眩:めまい
`;

/** Particles and endings that can stand before and behind a word in hiragana. */
const particlesBefore = new Set('のはがをにとやもでへ');
const particlesBehind = new Set('のはがをにとやもでへかださちっよね');

const isHan = (character: string): boolean => /^\p{Script=Han}/u.test(character);
const isHiragana = (character: string): boolean => /^[ぁ-ゖー]/.test(character);
const isKatakana = (character: string): boolean => /^[ァ-ヺー]/.test(character);

/** One way to write a word, and where it can stand. */
interface Form {
  readonly text: string;
  readonly term: string;
  readonly fits: (before: string, behind: string) => boolean;
}

const formsByBeginning = new Map<string, Form[]>();
const termBeginnings = new Set<number>();
/** Whether any of the words is among those asked for: a question is compared with many texts. */
const isAsked = new WeakMap<ReadonlySet<number>, boolean>();

for (const entry of list.trim().split(/\s+/)) {
  const [kanji = '', kana = ''] = entry.replace('~', '').split(':').map(foldSpelling);
  const term = kanji + kana;
  termBeginnings.add(term.charCodeAt(0));
  addForm({
    text: kanji,
    term,
    fits: kanji.length > 1 ? () => true : (before, behind) => !isHan(before) && !isHan(behind),
  });
  addForm({ text: toKatakana(kana), term, fits: (before, behind) => !isKatakana(before) && !isKatakana(behind) });
  if (!entry.endsWith('~')) addForm({ text: kana, term, fits: standsAlone });
}

function addForm(form: Form): void {
  const beginning = form.text.charAt(0);
  const forms = formsByBeginning.get(beginning);
  if (forms === undefined) formsByBeginning.set(beginning, [form]);
  else forms.push(form);
}

function toKatakana(kana: string): string {
  return kana.replace(/[ぁ-ゖ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x60));
}

function standsAlone(before: string, behind: string): boolean {
  return (!isHiragana(before) || particlesBefore.has(before)) && (!isHiragana(behind) || particlesBehind.has(behind));
}

/** The listed words in a text in its folded spelling; none where no such term is among those asked for. */
export function twoScriptTerms(text: string, asked?: ReadonlySet<number>): string[] {
  if (asked !== undefined && !namesAny(asked)) return [];
  const terms: string[] = [];
  for (let index = 0; index < text.length; index++) {
    for (const form of formsByBeginning.get(text.charAt(index)) ?? []) {
      if (!text.startsWith(form.text, index)) continue;
      if (form.fits(text.charAt(index - 1), text.charAt(index + form.text.length))) terms.push(form.term);
    }
  }
  return terms;
}

function namesAny(asked: ReadonlySet<number>): boolean {
  const known = isAsked.get(asked);
  if (known !== undefined) return known;
  const names = [...asked].some((unit) => termBeginnings.has(unit));
  isAsked.set(asked, names);
  return names;
}
