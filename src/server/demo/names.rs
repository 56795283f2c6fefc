//! The words the bank is made of: organisation units, names of people and firms, addresses, products.
//!
//! Invariant: tables only. Order and weights decide what a seed gives, so a change here changes the bank: raise
//! [`super::bank::FORMAT`] with it.

use super::draw::Draw;

/// One organisation unit: number, number of the unit above, name, level (1 head office, 2 branch, 3 sub-branch),
/// region, and the six digits of the district it lies in.
pub struct Unit {
    /// Number.
    pub number: &'static str,
    /// The unit above; None for the head office.
    pub parent: Option<&'static str>,
    /// Name.
    pub name: &'static str,
    /// 1 to 3.
    pub level: i32,
    /// Region.
    pub region: &'static str,
    /// District code of GB/T 2260.
    pub district: &'static str,
    /// Address down to the district.
    pub place: &'static str,
    /// Streets of the district.
    pub streets: &'static [&'static str],
}

macro_rules! unit {
    ($number:literal $parent:expr, $name:literal $level:literal $region:literal $district:literal $place:literal [$($street:literal)*]) => {
        Unit {
            number: $number,
            parent: $parent,
            name: $name,
            level: $level,
            region: $region,
            district: $district,
            place: $place,
            streets: &[$($street),*],
        }
    };
}

/// 总行, 3 分行, 12 支行.
pub const UNITS: [Unit; 16] = [
    unit!("H00" None, "总行" 1 "全国" "110102" "北京市西城区" ["金融大街" "复兴门内大街"]),
    unit!("B10" Some("H00"), "成都分行" 2 "西南" "510104" "四川省成都市锦江区" ["人民南路二段" "东大街" "红星路三段"]),
    unit!("B11" Some("B10"), "锦江支行" 3 "西南" "510104" "四川省成都市锦江区" ["春熙路" "东大街" "静居寺路" "三色路"]),
    unit!("B12" Some("B10"), "武侯支行" 3 "西南" "510107" "四川省成都市武侯区" ["武侯祠大街" "科华北路" "人民南路四段" "高升桥路"]),
    unit!("B13" Some("B10"), "青羊支行" 3 "西南" "510105" "四川省成都市青羊区" ["宽窄巷子" "青羊大道" "清江东路" "琴台路"]),
    unit!("B14" Some("B10"), "高新支行" 3 "西南" "510109" "四川省成都市高新区" ["天府大道北段" "交子大道" "益州大道" "天府五街"]),
    unit!("B20" Some("H00"), "重庆分行" 2 "西南" "500103" "重庆市渝中区" ["民族路" "邹容路"]),
    unit!("B21" Some("B20"), "渝中支行" 3 "西南" "500103" "重庆市渝中区" ["解放碑步行街" "中山三路" "人民路" "长江一路"]),
    unit!("B22" Some("B20"), "江北支行" 3 "西南" "500105" "重庆市江北区" ["观音桥步行街" "建新北路" "红石路" "洋河路"]),
    unit!("B23" Some("B20"), "南岸支行" 3 "西南" "500108" "重庆市南岸区" ["南坪西路" "江南大道" "学府大道" "海峡路"]),
    unit!("B24" Some("B20"), "沙坪坝支行" 3 "西南" "500106" "重庆市沙坪坝区" ["三峡广场" "沙南街" "汉渝路" "天星桥正街"]),
    unit!("B30" Some("H00"), "北京分行" 2 "华北" "110101" "北京市东城区" ["东长安街" "王府井大街"]),
    unit!("B31" Some("B30"), "朝阳支行" 3 "华北" "110105" "北京市朝阳区" ["建国路" "望京西路" "朝阳北路" "东三环中路"]),
    unit!("B32" Some("B30"), "海淀支行" 3 "华北" "110108" "北京市海淀区" ["中关村大街" "学院路" "知春路" "苏州街"]),
    unit!("B33" Some("B30"), "西城支行" 3 "华北" "110102" "北京市西城区" ["西单北大街" "阜成门外大街" "德胜门外大街" "广安门内大街"]),
    unit!("B34" Some("B30"), "东城支行" 3 "华北" "110101" "北京市东城区" ["东直门内大街" "崇文门外大街" "和平里东街" "朝阳门内大街"]),
];

/// Surnames of one character, the commonest first and heaviest.
const SURNAMES: [(&str, u32); 48] = [
    ("王", 72),
    ("李", 72),
    ("张", 68),
    ("刘", 54),
    ("陈", 46),
    ("杨", 31),
    ("赵", 23),
    ("黄", 22),
    ("周", 21),
    ("吴", 21),
    ("徐", 15),
    ("孙", 15),
    ("胡", 13),
    ("朱", 13),
    ("高", 12),
    ("林", 12),
    ("何", 12),
    ("郭", 11),
    ("马", 11),
    ("罗", 10),
    ("梁", 9),
    ("宋", 9),
    ("郑", 9),
    ("谢", 8),
    ("韩", 8),
    ("唐", 8),
    ("冯", 7),
    ("于", 7),
    ("董", 7),
    ("萧", 6),
    ("程", 6),
    ("曹", 6),
    ("袁", 6),
    ("邓", 6),
    ("许", 6),
    ("傅", 5),
    ("沈", 5),
    ("曾", 5),
    ("彭", 5),
    ("吕", 5),
    ("苏", 5),
    ("卢", 5),
    ("蒋", 5),
    ("蔡", 5),
    ("贾", 4),
    ("丁", 4),
    ("魏", 4),
    ("薛", 4),
];

/// Compound surnames.
const COMPOUND_SURNAMES: [&str; 12] =
    ["欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "慕容", "令狐", "宇文", "司徒", "端木"];

/// Characters of given names.
const GIVEN: [&str; 72] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "霞", "平",
    "刚", "桂", "英", "华", "玉", "兰", "红", "梅", "建", "国", "文", "斌", "宇", "浩", "凯", "晨", "欣", "怡", "佳",
    "雪", "婷", "梓", "涵", "子", "轩", "一", "诺", "思", "雨", "嘉", "豪", "俊", "博", "志", "海", "鹏", "飞", "云",
    "龙", "春", "秋", "冬", "夏", "安", "宁", "瑞", "祥", "德", "仁", "义", "诗", "琪", "瑶",
];

/// Given characters that few fonts have, one of them outside the basic plane (four bytes in UTF-8).
const RARE_GIVEN: [&str; 5] = ["喆", "垚", "㛃", "龑", "𬱖"];

/// Names that are not of the Han pattern.
const OTHER_NAMES: [&str; 4] = ["阿依古丽·买买提", "巴特尔", "扎西多吉", "玛依拉·艾尼瓦尔"];

/// A person's name.
pub fn person(draw: &mut Draw) -> String {
    if draw.chance(3) {
        return draw.pick(&OTHER_NAMES).to_string();
    }
    let mut name =
        if draw.chance(20) { draw.pick(&COMPOUND_SURNAMES).to_string() } else { draw.weighted(&SURNAMES).to_string() };
    name.push_str(draw.pick(&GIVEN));
    if draw.chance(8) {
        name.push_str(draw.pick(&RARE_GIVEN));
    } else if draw.chance(700) {
        name.push_str(draw.pick(&GIVEN));
    }
    name
}

/// Middle parts of a firm's name.
const FIRM_WORDS: [&str; 20] = [
    "天府", "锦城", "华信", "远景", "恒达", "瑞丰", "中科", "汇通", "金源", "鼎盛", "安泰", "博远", "蜀光", "渝新",
    "京华", "长江", "嘉陵", "启明", "百川", "同济",
];

/// What firms do.
const FIRM_TRADES: [&str; 10] =
    ["商贸", "科技", "餐饮管理", "建筑工程", "物流", "医药", "农业发展", "信息技术", "机械制造", "文化传媒"];

/// A firm's name.
pub fn firm(draw: &mut Draw, unit: &Unit) -> String {
    let city = city_of(unit);
    let form = if draw.chance(150) { "股份有限公司" } else { "有限公司" };
    format!("{city}{}{}{form}", draw.pick(&FIRM_WORDS), draw.pick(&FIRM_TRADES))
}

/// The city a unit lies in, without 市.
fn city_of(unit: &Unit) -> &'static str {
    match unit.number.as_bytes() {
        [b'B', b'1', ..] => "成都",
        [b'B', b'2', ..] => "重庆",
        _ => "北京",
    }
}

/// An address in the unit's district.
pub fn address(draw: &mut Draw, unit: &Unit) -> String {
    let street = draw.pick(unit.streets);
    let (house, block, stair) = (draw.between(1, 388), draw.between(1, 12), draw.between(1, 4));
    let (floor, door) = (draw.between(1, 28), draw.between(1, 4));
    format!("{}{street}{house}号{block}栋{stair}单元{floor}{door:02}室", unit.place)
}

/// Customer types.
pub const PERSONAL: &str = "对私";
/// Customer types.
pub const CORPORATE: &str = "对公";
/// The segment of private banking.
pub const PRIVATE_BANKING: &str = "私行";

/// Segments of people.
pub const PERSONAL_SEGMENTS: [(&str, u32); 4] = [("大众", 70), ("理财", 18), ("财富", 9), (PRIVATE_BANKING, 3)];

/// Segments of firms.
pub const CORPORATE_SEGMENTS: [(&str, u32); 3] = [("小微", 75), ("中型", 20), ("大型", 5)];

/// Products: name, lowest and highest yearly rate in units of 0.0001 percent, weight for people, weight for firms.
pub const PRODUCTS: [(&str, i64, i64, u32, u32); 6] = [
    ("活期", 500, 1_000, 60, 70),
    ("定期", 9_500, 15_500, 22, 12),
    ("大额存单", 14_000, 19_000, 8, 6),
    ("通知存款", 4_500, 8_000, 4, 8),
    ("保证金", 500, 2_000, 0, 4),
    ("结构性存款", 12_000, 26_000, 6, 0),
];

/// Currencies.
pub const CURRENCIES: [(&str, u32); 3] = [("CNY", 960), ("USD", 30), ("HKD", 10)];

/// States of an account.
pub const STATUSES: [(&str, u32); 4] = [("正常", 940), ("睡眠", 35), ("冻结", 5), (CLOSED, 20)];
/// A closed account: its balance is zero.
pub const CLOSED: &str = "销户";

/// Titles in a branch or sub-branch: name, lowest and highest yearly salary in yuan, weight.
pub const TITLES: [((&str, i64, i64), u32); 6] = [
    (("柜员", 78_000, 118_000), 38),
    (("客户经理", 96_000, 268_000), 30),
    (("大堂经理", 72_000, 105_000), 12),
    (("运营主管", 128_000, 196_000), 8),
    (("风险经理", 142_000, 260_000), 7),
    (("理财经理", 110_000, 320_000), 5),
];

/// Titles at the head office.
pub const HEAD_OFFICE_TITLES: [((&str, i64, i64), u32); 4] = [
    (("数据分析师", 168_000, 336_000), 35),
    (("产品经理", 180_000, 360_000), 25),
    (("合规经理", 190_000, 380_000), 20),
    (("系统工程师", 200_000, 420_000), 20),
];

/// Channels of transactions.
pub const CHANNELS: [(&str, u32); 6] =
    [("手机银行", 46), ("第三方支付", 28), ("网上银行", 10), ("柜面", 6), ("自助设备", 6), ("POS", 4)];

/// Remarks on transactions; two hold characters that careless quoting breaks.
pub const MEMOS: [&str; 14] = [
    "工资",
    "转账",
    "消费",
    "房租",
    "水电费",
    "理财赎回",
    "跨行转入",
    "信用卡还款",
    "货款",
    "医保",
    "退款",
    "红包",
    "Invoice O'Neill & Co.",
    "备注\\含反斜杠,逗号",
];
