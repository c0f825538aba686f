/**
 * Kanji that are written in an old and a new form, or in two forms of one character: the forms before 1946 of the list for
 * daily use, and variants that stand in names and on signs. Each pair is the other form and the one that it is found under.
 */
const pairs = `
  乘乗 亂乱 亞亜 佛仏 來来 倂併 假仮 傳伝 僞偽 價価 儉倹 兒児 兩両 剩剰 劍剣 劑剤 勞労 勳勲 勵励 勸勧 區区 卷巻 卽即 參参 單単 嚴厳 囑嘱 圈圏 國国 圍囲 圓円 圖図 團団 增増 墮堕 壓圧
  壘塁 壞壊 壤壌 壯壮 壹壱 壽寿 奧奥 奬奨 孃嬢 學学 寢寝 實実 寫写 寬寛 寶宝 將将 專専 對対 屆届 屬属 峽峡 嶽岳 巢巣 帶帯 廢廃 廣広 廳庁 彈弾 彌弥 徑径 從従 徵徴 德徳 恆恒 惠恵 惡悪
  惱悩 愼慎 慘惨 應応 懷懐 戀恋 戰戦 戲戯 戾戻 拂払 拔抜 拜拝 挾挟 插挿 揭掲 搖揺 搜捜 擇択 擊撃 擔担 據拠 擧挙 擴拡 攝摂 收収 效効 敍叙 敕勅 數数 斷断 晚晩 晝昼 曆暦 曉暁 曾曽 會会
  條条 棧桟 榮栄 槪概 樂楽 樓楼 樞枢 樣様 橫横 檢検 櫻桜 權権 歐欧 歡歓 步歩 歷歴 歸帰 殘残 殼殻 毆殴 每毎 氣気 涉渉 淚涙 淨浄 淺浅 渴渇 溪渓 溫温 滯滞 滿満 潛潜 澁渋 澤沢 濕湿 濟済
  濱浜 瀧滝 瀨瀬 灣湾 燈灯 燒焼 營営 爐炉 爭争 爲為 犧犠 狀状 狹狭 獨独 獵猟 獸獣 獻献 甁瓶 畫画 當当 疊畳 瘦痩 癡痴 發発 盜盗 盡尽 眞真 硏研 碎砕 祕秘 禪禅 禮礼 稱称 稻稲 穗穂 穩穏
  竊窃 竝並 粹粋 絲糸 經経 綠緑 緖緒 緣縁 縣県 縱縦 總総 繩縄 繪絵 繼継 續続 纖繊 缺欠 罐缶 聲声 聽聴 肅粛 腦脳 膽胆 臟臓 臺台 與与 舊旧 艷艶 莊荘 莖茎 萬万 薰薫 藏蔵 藝芸 藥薬 處処
  虛虚 號号 螢蛍 蟲虫 蠶蚕 蠻蛮 衞衛 裝装 襃褒 覺覚 覽覧 觀観 觸触 謠謡 證証 譯訳 譽誉 讀読 變変 讓譲 豐豊 豫予 貳弐 賣売 賴頼 贊賛 踐践 輕軽 轉転 辭辞 遞逓 遲遅 邊辺 郞郎 鄕郷 醉酔
  醫医 釀醸 釋釈 錄録 錢銭 鍊錬 鎭鎮 鐵鉄 鑄鋳 鑛鉱 關関 陷陥 隨随 險険 隱隠 雙双 雜雑 霸覇 靈霊 靜静 顯顕 飜翻 餘余 騷騒 驅駆 驗験 驛駅 髓髄 體体 髮髪 鬭闘 鷄鶏 鹽塩 麥麦 麵麺 黃黄
  黑黒 默黙 點点 黨党 齊斉 齋斎 齒歯 齡齢 龍竜 髙高 𠮷吉 﨑崎 濵浜 邉辺 嶋島 嶌島 槇槙 桒桑 晉晋 祗祇 檜桧 藪薮 籠篭 蠣蛎 鷗鴎 頰頬 剝剥 𠮟叱 塡填 摑掴 瀆涜 繡繍 蟬蝉 醬醤 顚顛 麴麹
  攪撹 焰焔 屛屏 搔掻 礪砺 禱祷 簞箪 賤賎 靱靭 鹼鹸 嚙噛 囊嚢 俠侠 萊莱 蔣蒋 蠟蝋 軀躯 驒騨 凜凛 辨弁 瓣弁 辯弁 峯峰 冨富 舘館 栁柳 鬪闘 圀国 舖舗 鉤鈎 埜野 淸清 靑青 敎教 說説 稅税
  銳鋭 閱閲 戶戸 查査 强強 吳呉 內内 產産 絕絶 飮飲 彥彦 顏顔 曻昇 羣群 册冊 壻婿 劵券 鑒鑑 繫繋 遙遥 瑤瑶 堯尭 巖巌 穎頴 熙煕
`;

const commonForms = new Map(
  pairs
    .trim()
    .split(/\s+/)
    .map((pair) => {
      const [other = '', common = ''] = pair;
      return [other, common];
    }),
);
// Without the flag "u" a class of this size is several times as fast; the one character beyond 16 bits stands beside it.
const [wide, narrow] = [2, 1].map((length) => [...commonForms.keys()].filter((form) => form.length === length));
const otherForms = new RegExp(`[${narrow?.join('')}]|${wide?.join('|')}`, 'g');

/** 國 as 国, 齋 as 斎, 髙 as 高. */
export function foldKanjiForms(text: string): string {
  return text.replace(otherForms, (form) => commonForms.get(form) ?? form);
}
