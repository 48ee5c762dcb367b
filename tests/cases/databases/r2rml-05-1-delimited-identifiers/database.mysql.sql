CREATE TABLE `Country Info` (`Country Code` INTEGER, `Name "of" it` VARCHAR(20), `a{b}` VARCHAR(5));
INSERT INTO `Country Info` VALUES (1, '日本', 'x');
INSERT INTO `Country Info` VALUES (2, 'Bolivia', 'y z');
